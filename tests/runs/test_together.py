"""Two processes share one study: no trial is lost or done twice, also where one of them dies."""

import os
import sys

import pytest

from prodimg_lib import InputError
from prodimg_lib.models.families import MODELS
from prodimg_lib.runs.config import RunConfig
from prodimg_lib.runs.search import SPACES
from prodimg_lib.runs.selection import in_use
from prodimg_lib.runs.show import Show
from prodimg_lib.runs.together import tune_together
from prodimg_lib.runs.tune import folder_of, numbers, tune
from tests.samples import GUARD, register_toy

pytest.importorskip("optuna")
TRIALS = 6


@pytest.fixture
def config(monkeypatch):
    monkeypatch.setitem(MODELS, "toy", None)  # so that what ``register_toy`` puts there goes again
    monkeypatch.setitem(SPACES, "toy", None)
    # Tests that run in parallel have a main module that is no file: nothing for a child to read.
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None, raising=False)
    register_toy()
    return RunConfig(
        model="toy",
        data={"source": "catalogue", "limit": 60},
        train={"minutes": None, "steps": 4, "batch_size": 8, "validate_every": 2},
    )


def marks(config, out, trials):
    """What the other process does: its trials leave a file with its number."""
    register_toy()
    from prodimg_lib.runs import tune as module

    right = module._carry_out

    def carry_out(study, trial, number, *rest):
        (out.parent / f"other-{number}").touch()
        right(study, trial, number, *rest)

    module._carry_out = carry_out
    tune(config, out, trials)


def dies(config, out, trials):
    """What the other process does: it is killed in the middle of its first trial."""
    register_toy()
    from prodimg_lib.runs import tune as module

    def killed(study, trial, number, *rest):
        (out.parent / f"other-{number}").touch()
        os.kill(os.getpid(), 9)

    module._carry_out = killed
    tune(config, out, trials)


class Waits(Show):
    """This process waits before its first trial until the other has begun one."""

    def __init__(self, folder):
        self.folder, self.said = folder, []

    def message(self, line):
        import time

        self.said.append(line)
        start = time.monotonic()
        while not list(self.folder.glob("other-*")) and time.monotonic() - start < GUARD:
            time.sleep(0.05)


@pytest.mark.parametrize("work", [marks, dies])
def test_no_trial_is_lost_or_done_twice(config, tmp_path, work):
    show = Waits(tmp_path)
    study = tune_together(config, tmp_path / "search", TRIALS, 2, show, work)
    trials = numbers(study)
    assert sorted(trials) == list(range(TRIALS))
    assert {trial.state.name for trial in trials.values()} <= {"COMPLETE", "PRUNED"}
    told = [t.user_attrs["number"] for t in study.trials if t.state.name != "FAIL"]
    assert sorted(told) == list(range(TRIALS))  # of each number one that counts
    assert list(tmp_path.glob("other-*"))  # both had a part in it
    for number, trial in trials.items():
        state = in_use(folder_of(tmp_path / "search", number)).state()
        assert trial.user_attrs["value"] == state["validation"]["value"]
    died = [line for line in show.said if "ended before its time" in line]
    assert len(died) == (work is dies)


def test_a_number_of_processes_that_is_none(config, tmp_path):
    with pytest.raises(InputError, match="--workers 0"):
        tune_together(config, tmp_path / "search", 2, 0)
    assert not (tmp_path / "search").exists()
