"""Many images by two processes: the same zip file as by one."""

from prodimg_lib.runs import bulk
from prodimg_lib.runs.generate import generate


def test_two_workers_draw_the_same_bytes_as_one(tmp_path, monkeypatch):
    monkeypatch.setattr(bulk, "ROWS", 256)  # two parts
    made = []
    for workers in (None, 2):
        out = tmp_path / f"{workers}.zip"
        generate("catalogue", out, 300, seed=3, workers=workers)
        made.append(out.read_bytes())
    assert made[0] == made[1]


def test_one_worker_is_this_process():
    from prodimg_lib.runs.requests import draw

    assert bulk.drawer("catalogue", None, None) is draw
    assert bulk.drawer("catalogue", 1, None) is draw
    assert bulk.ROWS % 256 == 0  # the batches of ``decode``
