"""Two processes write what one writes, byte for byte; what goes wrong there is said here."""

import functools
import multiprocessing
import os
import signal

import numpy as np
import pytest

from prodimg_lib import InputError
from prodimg_lib.data.config import PrepareConfig
from prodimg_lib.data.preparation import prepare_folder
from prodimg_lib.data.workers import check_workers, in_order_on
from tests.data.shop import shop


def pair(item):
    return os.getpid(), np.full(2, item)


def wrong(item):
    raise InputError(f"{item} is wrong")


def killed(flag, times, item):
    """At item 5, so many times."""
    if item == 5 and len(list(flag.iterdir())) < times:
        (flag / str(len(list(flag.iterdir())))).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def test_results_in_order_from_other_processes_which_are_replaced_when_killed(tmp_path):
    found = list(in_order_on(2, pair, iter(range(70))))
    assert [item for item, _ in found] == list(range(70))
    assert all((array == item).all() for item, (_, array) in found)
    assert os.getpid() not in {process for _, (process, _) in found}

    work, said = functools.partial(killed, tmp_path, 2), []
    assert [r for _, r in in_order_on(2, work, range(20), said.append)] == list(range(20))
    assert len(list(tmp_path.iterdir())) == 2
    assert said == ["one of 2 processes died: what it had begun is done again"] * 2


def test_what_work_raises_is_raised_here_and_what_always_kills_is_named(tmp_path):
    with pytest.raises(InputError, match=r"^0 is wrong$"):
        list(in_order_on(2, wrong, range(3)))
    with pytest.raises(InputError, match=r"died 3 times at \d"):
        list(in_order_on(2, functools.partial(killed, tmp_path, 99), range(20)))


def test_two_workers_prepare_the_same_bytes_as_one_also_where_they_are_killed(tmp_path):
    def kill(done, total):
        if done == 1 and not said:
            for process in multiprocessing.active_children():
                process.kill()

    said = []
    folder = shop(tmp_path / "shop", 20)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff no photograph")
    config = PrepareConfig(size=32)
    written = []
    for count, watch in ((None, None), (2, None), (2, kill)):
        out = tmp_path / str(len(written))
        prepare_folder(folder, out, config, said.append, watch, workers=count)
        files = {path.name: path.read_bytes() for path in out.iterdir() if path.suffix != ".sqlite"}
        written.append({name: of for name, of in files.items() if not name.startswith("index")})
    assert {"manifest.json", "manifest.csv", "report.html"} <= written[0].keys()
    assert written[0] == written[1] == written[2]
    assert said == ["one of 2 processes died: what it had begun is done again"]


def test_one_worker_is_this_process():
    assert [r for _, r in in_order_on(1, lambda item: os.getpid(), range(3))] == [os.getpid()] * 3
    assert list(in_order_on(2, pair, [])) == []


@pytest.mark.parametrize("count", [0, -1, True, 1.5])
def test_a_number_of_workers_that_is_none(count):
    with pytest.raises(InputError, match="--workers"):
        check_workers(count)
