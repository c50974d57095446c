"""A Ray cluster writes what one process writes, byte for byte; what goes wrong is said here.

Ray is no part of the course's environment: install the extra ``scale`` to run these tests whole.
"""

import functools
import os
import socket
import sys
import types

import numpy as np
import pytest

from prodimg_lib import InputError
from prodimg_lib.data import cluster
from prodimg_lib.data.config import PrepareConfig
from prodimg_lib.data.preparation import prepare_folder
from prodimg_lib.data.workers import in_order_on
from prodimg_lib.runs import bulk
from prodimg_lib.runs.generate import generate
from tests.data.shop import shop
from tests.data.test_workers import killed, pair, wrong


@pytest.fixture
def ray(monkeypatch):
    """A cluster of this machine, where Ray is installed and starts."""
    module = pytest.importorskip("ray")
    monkeypatch.setenv(cluster.ADDRESS, "local")
    try:
        cluster._connected()
    except InputError as error:  # it gives itself a fixed time
        pytest.skip(str(error))
    yield module
    module.shutdown()


def test_work_goes_to_the_cluster_only_where_workers_and_an_address_are_given(monkeypatch):
    asked = []

    def elsewhere(workers, work, items):
        asked.append(workers)
        return ((item, work(item)) for item in items)

    monkeypatch.setattr(cluster, "in_order_by_ray", elsewhere)
    monkeypatch.delenv(cluster.ADDRESS, raising=False)
    assert list(in_order_on(1, str, range(2))) == [(0, "0"), (1, "1")]
    monkeypatch.setenv(cluster.ADDRESS, "")
    assert list(in_order_on(1, str, range(2))) == [(0, "0"), (1, "1")]
    monkeypatch.setenv(cluster.ADDRESS, "one:6379")
    assert list(in_order_on(None, str, range(2))) == [(0, "0"), (1, "1")]
    assert asked == []
    assert list(in_order_on(1, str, range(2))) == [(0, "0"), (1, "1")]
    assert list(in_order_on(3, str, range(2))) == [(0, "0"), (1, "1")]
    assert asked == [1, 3]


def test_ray_that_is_missing_is_said_in_one_line(monkeypatch):
    monkeypatch.setenv(cluster.ADDRESS, "one:6379")
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"^RAY_ADDRESS = 'one:6379' asks for Ray, .*\[scale\]"):
        list(in_order_on(2, pair, range(3)))


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_a_cluster_that_nobody_answers_for_is_said_in_one_line(monkeypatch, scheme):
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        where = f"{scheme}127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv(cluster.ADDRESS, where)
        for name in ("ray", "ray.data"):  # not asked before
            monkeypatch.setitem(sys.modules, name, _Absent(name))
        with pytest.raises(InputError, match=f"RAY_ADDRESS = '{where}': no Ray cluster answers"):
            list(in_order_on(2, pair, range(3)))


class _Absent(types.ModuleType):
    def is_initialized(self):
        return False


def test_a_task_hands_back_what_work_raises():
    """As Ray would try it again, and wrap it."""
    import pickle

    work = functools.partial(_quotient, 6)
    for item, expected in ((3, (True, 2.0)), (0, (False, "division by zero"))):
        row = cluster._task({"item": pickle.dumps(item)}, pickle.dumps(work))
        done, result = pickle.loads(row["result"])
        assert (done, result if done else str(result)) == expected


def _quotient(dividend, divisor):
    return dividend / divisor


def test_results_in_order_from_tasks_elsewhere(ray, monkeypatch):
    monkeypatch.setattr(cluster, "_PART", 50)  # two parts
    found = list(cluster.in_order_by_ray(2, pair, iter(range(70))))
    assert [item for item, _ in found] == list(range(70))
    assert all((array == item).all() for item, (_, array) in found)
    assert os.getpid() not in {process for _, (process, _) in found}


def test_what_work_raises_is_raised_here(ray):
    with pytest.raises(InputError, match=r"^0 is wrong$"):
        list(cluster.in_order_by_ray(2, wrong, range(3)))


def test_a_task_whose_process_is_killed_is_done_again(ray, tmp_path):
    work = functools.partial(killed, tmp_path, 1)
    assert [r for _, r in cluster.in_order_by_ray(2, work, range(20))] == list(range(20))
    assert len(list(tmp_path.iterdir())) == 1


def test_work_that_always_kills_is_said_in_one_line(ray, tmp_path):
    with pytest.raises(InputError, match=r"^RAY_ADDRESS: the cluster lost tasks .* --workers out"):
        list(cluster.in_order_by_ray(2, functools.partial(killed, tmp_path, 99), range(20)))


def test_a_cluster_prepares_and_draws_the_same_bytes_as_one_process(tmp_path, monkeypatch):
    pytest.importorskip("ray")
    monkeypatch.setattr(bulk, "ROWS", 256)  # two parts
    folder, config = shop(tmp_path / "shop", 20), PrepareConfig(size=32)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff no photograph")
    written = []
    for where, count in (("", None), ("local", 2)):
        monkeypatch.setenv(cluster.ADDRESS, where)
        out, images = tmp_path / f"prepared{where}", tmp_path / f"images{where}.zip"
        try:
            prepare_folder(folder, out, config, workers=count)
            generate("catalogue", images, 300, seed=3, workers=count)
        except InputError as error:
            if "no Ray cluster answers" not in str(error):
                raise
            pytest.skip(str(error))  # as in the fixture
        names = {path.name for path in out.iterdir() if not path.name.startswith("index")}
        written.append({name: (out / name).read_bytes() for name in names})
        written[-1]["images"] = images.read_bytes()
    assert {"manifest.json", "manifest.csv", "report.html"} <= written[0].keys()
    assert written[0] == written[1]
    assert np.all([len(content) for content in written[0].values()])
