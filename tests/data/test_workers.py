"""Two processes write what one writes, byte for byte; what goes wrong there is said here."""

import importlib.util
import os

import numpy as np
import pytest

from prodimg_lib import InputError
from prodimg_lib.data import workers
from prodimg_lib.data.config import PrepareConfig
from prodimg_lib.data.preparation import prepare_folder
from prodimg_lib.data.workers import check_workers, in_order_on
from tests.data.shop import shop

ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="needs the extra scale")


@ray
def test_results_in_order_from_other_processes(monkeypatch):
    monkeypatch.setattr(workers, "_CHUNK", 30)  # so that there are several

    def work(item):
        return os.getpid(), np.full(2, item)

    found = list(in_order_on(2, work, iter(range(70))))
    assert [item for item, _ in found] == list(range(70))
    assert all((array == item).all() for item, (_, array) in found)
    assert os.getpid() not in {process for _, (process, _) in found}
    assert "RAY_USAGE_STATS_ENABLED" not in os.environ  # the environment is as before


@ray
def test_what_work_raises_is_raised_here_and_a_killed_process_is_replaced(tmp_path):
    def fails(item):
        raise InputError(f"{item} is wrong")

    with pytest.raises(InputError, match=r"^0 is wrong$"):
        list(in_order_on(2, fails, range(3)))

    def killed_once(item):
        flag = tmp_path / "killed"
        if item == 5 and not flag.exists():
            flag.touch()
            os.kill(os.getpid(), 9)
        return item

    assert [result for _, result in in_order_on(2, killed_once, range(20))] == list(range(20))
    assert (tmp_path / "killed").exists()


@ray
def test_two_workers_prepare_the_same_bytes_as_one(tmp_path):
    folder = shop(tmp_path / "shop")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff no photograph")
    config = PrepareConfig(size=32)
    written = []
    for count in (None, 2):
        out = tmp_path / f"out-{count}"
        prepare_folder(folder, out, config, workers=count)
        files = {path.name: path.read_bytes() for path in out.iterdir() if path.suffix != ".sqlite"}
        written.append({name: of for name, of in files.items() if not name.startswith("index")})
    assert {"manifest.json", "manifest.csv", "report.html"} <= written[0].keys()
    assert written[0] == written[1]


def test_one_worker_is_this_process():
    assert [r for _, r in in_order_on(1, lambda item: os.getpid(), range(3))] == [os.getpid()] * 3


@pytest.mark.parametrize("count", [0, -1, True, 1.5])
def test_a_number_of_workers_that_is_none(count):
    with pytest.raises(InputError, match="--workers"):
        check_workers(count)


def test_without_ray_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    check_workers(1)
    with pytest.raises(InputError, match=r"pip install 'prodimg-lib\[scale\]'"):
        check_workers(2)
