"""A run by several processes is a run by one, also where one of them dies on the way."""

import json
import multiprocessing
import os
import re
import sys

import numpy as np
import pytest

from prodimg_lib import InputError
from prodimg_lib.files import PARTIAL
from prodimg_lib.runs.config import RunConfig
from prodimg_lib.runs.folder import load_data
from prodimg_lib.runs.processes import Group, check, group, train_together
from prodimg_lib.runs.records import Checkpoints, History
from prodimg_lib.runs.run import run
from prodimg_lib.runs.show import Show
from tests.samples import TINY

STEPS, KILLED_AT = 5, 2
TWO = Group(2, (0, 1))


def config(model="vae", settings=TINY, **train):
    budget = {"minutes": None, "steps": STEPS, "batch_size": 8, "log_every": 2}
    return RunConfig(
        model=model,
        data={"source": "catalogue", "limit": 60},
        settings=settings,
        train=budget | train,
        evaluate={"images": 16, "second": False},
    )


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    from prodimg_lib.runs.training import train

    out = tmp_path_factory.mktemp("alone")
    train(config(), load_data(config()), out, Show())
    return out


@pytest.fixture
def spawning(monkeypatch):
    # Tests that run in parallel have a main module that is no file: nothing for a child to read.
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None, raising=False)


def files(out):
    """All files but what a kill may leave for a while."""
    found = (p for p in out.rglob("*") if p.is_file() and not p.name.startswith(PARTIAL))
    return {p.relative_to(out).as_posix() for p in found}


def alike(out, alone):
    """The same training but for the order of float32 sums: see ``test_replicas``.

    A replica that took other rows, drew other noise or added up gradients is off in the third
    digit.
    """
    assert files(out) == files(alone)
    mine, its = (History(folder / "history.csv").rows() for folder in (out, alone))
    assert [row["step"] for row in mine] == [row["step"] for row in its] == [2, 4, 5]
    for a, b in zip(mine, its, strict=True):
        names = b.keys() - {"seconds"}
        assert {k: a[k] for k in names} == pytest.approx({k: b[k] for k in names}, rel=1e-5)
    images = [Checkpoints(folder / "checkpoints").load().generate(4) for folder in (out, alone)]
    assert np.abs(np.subtract(*images, dtype=int)).max() <= 1


def test_two_processes_train_as_one(alone, tmp_path, spawning):
    train_together(config(), tmp_path, TWO, Show())
    alike(tmp_path, alone)


class Kills(Show):
    """Kills a process that trains, once, when some steps are done."""

    def __init__(self, name):
        self.name, self.said, self.killed = name, [], False

    def message(self, line):
        self.said.append(line)

    def progress(self, done, total, note=""):
        step = re.match(r"step (\d+)", note)
        if step and int(step[1]) == KILLED_AT and not self.killed:
            self.killed = True
            (process,) = (p for p in multiprocessing.active_children() if p.name == self.name)
            os.kill(process.pid, 9)


@pytest.mark.parametrize("number", [1, 2])
def test_where_one_is_killed_all_go_on_and_it_is_said(number, alone, tmp_path, spawning):
    show = Kills(f"training {number}")
    train_together(config(checkpoint_seconds=1e-6), tmp_path, TWO, show)
    said = [line for line in show.said if "was killed by" in line]
    assert len(said) == 1
    assert said[0].startswith(f"process {number} of 2 was killed by signal 9: all begin again from")
    alike(tmp_path, alone)


def test_what_has_no_budget_left_ends_in_all_of_them(alone, spawning):
    before = Checkpoints(alone / "checkpoints").state()
    train_together(config(), alone, TWO, Show())
    assert Checkpoints(alone / "checkpoints").state() == before


def test_what_several_processes_cannot_train_is_refused(tmp_path):
    check(config(), TWO)
    with pytest.raises(InputError, match=r"batch_size = 9 .* by 2: .* multiple of 2, .*=8"):
        check(config(batch_size=9), TWO)
    with pytest.raises(InputError, match="a VQVAE trains on one device only"):
        check(config("vqvae"), TWO)
    with pytest.raises(InputError, match="a LatentFlow trains on one device only"):
        check(config("latent-flow", {}), TWO)
    with pytest.raises(InputError, match="critic_steps = 2 trains on one device only"):
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
