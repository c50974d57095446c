"""Many images by two processes: the same zip file as by one."""

import contextlib

import numpy as np
import pytest

from prodimg_lib import InputError
from prodimg_lib.models import pretrained
from prodimg_lib.runs import accepted, bulk
from prodimg_lib.runs.acceptance import Acceptance
from prodimg_lib.runs.generate import generate


@pytest.fixture
def half(monkeypatch):
    """One gate that about half of the images pass."""
    images = pretrained.load("catalogue").generate(64, seed=77)

    class Bright(Acceptance):
        def measure(self, images, labels):
            return {"fill": images.mean((1, 2, 3))}

    middle = float(np.median(images.mean((1, 2, 3))))
    gates = Bright({"fill": np.tile([middle, np.inf], (10, 1))}, np.zeros(3))
    monkeypatch.setattr(accepted, "from_photographs", lambda *_: gates)


@pytest.mark.parametrize("gates", [None, {}])
def test_two_workers_draw_the_same_bytes_as_one(tmp_path, monkeypatch, half, gates):
    monkeypatch.setattr(bulk, "ROWS", 256)  # two parts
    made = []
    for workers in (None, 2):
        out = tmp_path / f"{workers}.zip"
        # Some are refused three times: those that are accepted are written all the same.
        with contextlib.nullcontext() if gates is None else pytest.raises(InputError):
            attempts = None if gates is None else 3
            generate("catalogue", out, 300, seed=3, gates=gates, attempts=attempts, workers=workers)
        made.append(out.read_bytes())
    assert made[0] == made[1]


def test_one_worker_is_this_process():
    from prodimg_lib.runs.requests import draw

    assert bulk.drawer("catalogue", None, None) is draw
    assert bulk.drawer("catalogue", 1, None) is draw
    assert bulk.ROWS % 256 == 0  # the batches of ``decode``
