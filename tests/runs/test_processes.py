"""A run by several processes is a run by one, also where one of them dies on the way."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from prodimg_lib import InputError
from prodimg_lib.errors import Interrupted
from prodimg_lib.files import PARTIAL
from prodimg_lib.runs import processes
from prodimg_lib.runs.config import RunConfig
from prodimg_lib.runs.folder import load_data
from prodimg_lib.runs.processes import Group, check, group, train_together
from prodimg_lib.runs.run import run
from prodimg_lib.runs.show import Show
from tests.samples import GUARD, TINY

STEPS = 6
TWO = Group(2, (0, 1))
ACTS = "PRODIMG_TEST_ACTS"  # folder of files "process-step", each of which names what happens then


def config(model="vae", settings=TINY, **train):
    budget = {"minutes": None, "steps": STEPS, "batch_size": 8, "log_every": 2}
    return RunConfig(
        model=model,
        data={"source": "catalogue", "limit": 60},
        settings=settings,
        train=budget | train,
        evaluate={"images": 16, "second": False},
    )


class Said(Show):
    def __init__(self):
        self.lines = []

    def message(self, line):
        self.lines.append(line)


def _acts(environment, *args):
    """As ``processes._work``, but after the steps that ``ACTS`` names a process is in for it."""
    from prodimg_lib import quiet

    quiet.load_tensorflow()
    from prodimg_lib.models import replicas

    number, train = json.loads(environment["TF_CONFIG"])["task"]["index"] + 1, replicas.train

    def acting(model, stream, on_step):
        def step(told):
            ends = on_step(told)
            (at,) = replicas.read([model.step])
            act = Path(os.environ[ACTS], f"{number}-{at}")
            if act.exists():
                what = act.read_text()
                act.unlink()
                os.kill(os.getpid(), signal.SIGKILL) if what == "killed" else _stop_all()
            return ends

        train(model, stream, on_step=step)

    replicas.train = acting
    processes._work(environment, *args)


def _stop_all():
    """SIGTERM to the process that watches; returns when that has been passed on to this one."""
    passed_on = []

    def heard(*args):
        passed_on.append(before(*args))

    before = signal.signal(signal.SIGTERM, heard)
    os.kill(os.getppid(), signal.SIGTERM)
    while not passed_on:
        time.sleep(0.01)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    from prodimg_lib.runs.training import train

    out = tmp_path_factory.mktemp("alone")
    train(config(), load_data(config()), out, Show())
    return out


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    """A run that loses a process and is stopped later; one process brings it to its end.

    Returns:
        (folder, lines that were said, what was said when it was stopped).
    """
    from prodimg_lib.runs.training import train

    out, acts, show = tmp_path_factory.mktemp("together"), tmp_path_factory.mktemp("acts"), Said()
    (acts / "2-2").write_text("killed")
    (acts / "1-4").write_text("stopped")
    with pytest.MonkeyPatch.context() as patch:
        spawning(patch)
        patch.setenv(ACTS, str(acts))
        patch.setattr(processes, "_work", _acts)
        often = config(checkpoint_seconds=1e-6)
        with pytest.raises(Interrupted) as stopped:
            train_together(often, out, TWO, show)
    assert not list(acts.iterdir())
    assert not multiprocessing.active_children()
    train(often, load_data(often), out, Show())
    return out, show.lines, str(stopped.value)


def spawning(patch):
    # Tests that run in parallel have a main module that is no file: nothing for a child to read.
    patch.setattr(sys.modules["__main__"], "__spec__", None, raising=False)


def test_where_one_is_killed_all_go_on_and_it_is_said(together):
    _, said, _ = together
    lines = [line for line in said if "begin again" in line]
    begins = "process 2 of 2 was killed by signal 9: all begin again from step "
    # The other one may have been about to save the step that the killed one did last.
    assert lines in ([begins + "1"], [begins + "2"])


def test_a_signal_ends_all_with_everything_saved(together):
    _, _, stopped = together
    assert stopped == "saved at step 5"  # the one that was under way when it came


def files(out):
    """All files but what a kill may leave for a while."""
    found = (p for p in out.rglob("*") if p.is_file() and not p.name.startswith(PARTIAL))
    return {p.relative_to(out).as_posix() for p in found}


def trained_alike(together, alone, steps, near):
    """Assert that two runs have one history, one model up to rounding, and images as alike.

    Args:
        steps: that the history has; near: of a tensor's largest number.
    """
    from prodimg_lib.runs.records import Checkpoints, History

    both = together, alone
    mine, its = (History(folder / "history.csv").rows() for folder in both)
    assert [row["step"] for row in mine] == [row["step"] for row in its] == steps
    for a, b in zip(mine, its, strict=True):
        names = b.keys() - {"seconds"}
        assert {k: a[k] for k in names} == pytest.approx({k: b[k] for k in names}, rel=1e-5)
    models = [Checkpoints(folder / "checkpoints").load() for folder in both]
    for a, b in zip(*(model.state() for model in models), strict=True):
        # A gradient is a sum whose terms cancel, so it is as good as the largest ones are.
        np.testing.assert_allclose(a, b, rtol=0, atol=near * np.abs(b).max())
    images = [model.generate(4) for model in models]
    assert np.abs(np.subtract(*images, dtype=int)).max() <= 1


def test_processes_that_come_and_go_train_as_one(alone, together):
    """Equal but for the order of float32 sums: see ``test_replicas``.

    A replica that took other rows, drew other noise or added up gradients is off in the third
    digit, and so is a run that does a step twice, or none.
    """
    out, _, _ = together
    assert files(out) == files(alone)
    trained_alike(out, alone, [2, 4, 6], 1e-5)


def test_what_has_no_budget_left_ends_in_all_of_them(alone, monkeypatch):
    import tensorflow as tf

    from prodimg_lib.models import replicas
    from prodimg_lib.runs.records import Checkpoints
    from prodimg_lib.runs.replicated import First, follow
    from prodimg_lib.runs.training import train

    one, data, heard = tf.distribute.get_strategy(), load_data(config()), []

    def from_first(strategy, values):
        """The first process is heard; to the other one that says what was heard."""
        heard.append(values)
        return heard[0]

    monkeypatch.setattr(replicas, "from_first", from_first)
    before, show = Checkpoints(alone / "checkpoints").state(), Said()
    train(config(), data, alone, show, engine=partial(First, one, config(), data))
    assert show.lines[-1].startswith("the training budget is used up")
    follow(one, config(), data)  # which would train without end
    assert len(heard) == 2
    assert Checkpoints(alone / "checkpoints").state() == before


def _waits(environment, *args):
    """As ``processes._work``, but what trains first kills who watches, and then waits."""

    def forever(config, out, show):
        if out:
            os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(GUARD)

    processes._train = forever
    processes._work(environment, *args)


def test_processes_end_with_the_one_that_watches_them(tmp_path):
    code = (
        "from pathlib import Path; from tests.runs import test_processes as t;"
        "t.processes._work = t._waits;"
        f"t.train_together(t.config(), Path({str(tmp_path)!r}), t.TWO, t.Show())"
    )
    # Its output ends when no process is left that could write there.
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        timeout=GUARD / 2,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL


def test_what_several_processes_cannot_train_is_refused(tmp_path):
    check(config(), TWO)
    with pytest.raises(InputError, match=r"batch_size = 9 .* by 2: .* multiple of 2, .*=8"):
        check(config(batch_size=9), TWO)
    with pytest.raises(InputError, match="model = vqvae: a VQVAE trains on one device only"):
        check(config("vqvae"), TWO)
    with pytest.raises(InputError, match="a LatentFlow trains on one device only"):
        check(config("latent-flow", {}), TWO)
    with pytest.raises(InputError, match=r"critic_steps = 2 .* trains on one device only"):
        check(config("gan", {"critic_steps": 2}), TWO)
    with pytest.raises(InputError, match="batch_size = 9"):
        run(config(batch_size=9), tmp_path / "x", workers=2)
    assert not (tmp_path / "x").exists()


def told(**task):
    cluster = {"worker": ["a:1", "b:2"]}
    return json.dumps({"cluster": cluster, "task": {"type": "worker", "index": 1, **task}})


def test_who_trains_is_said_by_the_number_or_by_the_environment(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert group() is None
    assert group(1) is None
    assert group(3) == Group(3, (0, 1, 2))
    for wrong in (0, -1, True, 2.0):
        with pytest.raises(InputError, match="--workers"):
            group(wrong)
    monkeypatch.setenv("TF_CONFIG", told())
    assert group() == Group(2, (1,), ("a:1", "b:2"))
    assert not group().first
    with pytest.raises(InputError, match="leave one of them out"):
        group(2)
    chief = {"cluster": {"chief": ["c:0"], "worker": ["a:1"]}, "task": {"type": "worker"}}
    chief["task"]["index"] = 0
    monkeypatch.setenv("TF_CONFIG", json.dumps(chief))
    assert group() == Group(2, (1,), ("c:0", "a:1"))


@pytest.mark.parametrize(
    "wrong",
    ["no json", "[]", "{}", told(index=2), told(index=-1), told(type="ps"), told(index="1")],
)
def test_an_environment_that_says_nothing_clear_is_refused(wrong, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", wrong)
    with pytest.raises(InputError, match=r"TF_CONFIG = .*expected"):
        group()
