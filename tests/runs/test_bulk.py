"""Many images by two processes: the same as by one, also where one is killed."""

import functools
import os
import signal

import numpy as np

from prodimg_lib.runs import bulk
from prodimg_lib.runs.acceptance import Acceptance
from prodimg_lib.runs.accepted import draw_accepted
from prodimg_lib.runs.generate import generate, opened
from prodimg_lib.runs.requests import draw, wanted
from prodimg_lib.runs.show import Show


def test_two_workers_draw_the_same_bytes_as_one(tmp_path, monkeypatch):
    monkeypatch.setattr(bulk, "ROWS", 256)  # two parts
    made = []
    for workers in (None, 2):
        out = tmp_path / f"{workers}.zip"
        generate("catalogue", out, 300, seed=3, workers=workers)
        made.append(out.read_bytes())
    assert made[0] == made[1]


def _dies_once(flag, run_folder, show):
    """As ``opened``, in a process that is killed the first time."""
    try:
        flag.touch(exist_ok=False)
    except FileExistsError:
        return opened(run_folder, show)
    os.kill(os.getpid(), signal.SIGKILL)


def test_gates_accept_the_same_images_where_one_of_two_workers_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(bulk, "ROWS", 256)
    trained, found, said = opened("catalogue", Show()), [], []
    model = trained.model
    asked, white = wanted(model, 300, []), np.full(3, 255.0)
    gates = Acceptance({"fill": np.tile([0.0, 0.25], (len(trained.names), 1))}, white)
    for how in (
        draw,
        bulk.drawer("catalogue", 2, functools.partial(_dies_once, tmp_path / "x"), said.append),
    ):
        found += draw_accepted(
            model, asked, 3, {}, trained.names, gates, {}, attempts=2, show=Show(), draw=how
        )
    one, problem, two, other = found
    assert 0 < len(one.images) < 300  # some were drawn again, some never accepted
    assert len(set(one.columns["attempt"].tolist())) == 2
    assert problem == other
    for a, b in ((one.images, two.images), (one.index, two.index), (one.seeds, two.seeds)):
        assert (a == b).all()
    assert said == ["one of 2 processes died: what it had begun is done again"]


def test_one_worker_is_this_process():
    assert bulk.drawer("catalogue", None, None) is draw
    assert bulk.drawer("catalogue", 1, None) is draw
    assert bulk.ROWS % 256 == 0  # the batches of ``decode``
