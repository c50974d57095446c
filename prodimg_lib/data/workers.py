"""The same work on several processes, of this machine or of a Ray cluster, in order.

Ray Data carries it (extra ``scale``): a process that dies is started again and its part
repeated. Where ``RAY_ADDRESS`` names a cluster it runs there, on machines that see the same files;
without it processes are started here and ended with the work. Results come back in the order of the
items, so whoever writes them down writes the same bytes as with one process.
"""

import contextlib
import importlib.util
import itertools
import logging
import os
import pickle
import sys

from prodimg_lib.data.parallel import in_order
from prodimg_lib.errors import InputError

_CHUNK = 4096  # items of one data set: enough to hide what starting it takes, and memory flat
_BLOCKS = 8  # parts of a chunk for each worker: the last to end is waited for


def check_workers(workers):
    """Refuse ``--workers`` that cannot be had, before any work; None is one process.

    Raises:
        InputError: below 1, or Ray is not installed.
    """
    if workers is None:
        return
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise InputError(f"--workers {workers}: expected a number of processes, at least 1")
    if workers > 1 and importlib.util.find_spec("ray") is None:
        raise InputError(
            f"--workers {workers} needs Ray: pip install 'prodimg-lib[scale]', or leave it out"
        )


def in_order_on(workers, work, items):
    """As ``parallel.in_order``, ``(item, work(item))`` in order, on so many processes.

    Args:
        workers: None or 1 for threads of this process.
        work: function of an item. It and what it holds, items and results are copied to and from
            other processes. What it raises is raised here.

    Raises:
        InputError: as ``check_workers``.
    """
    check_workers(workers)
    if workers is None or workers == 1:
        yield from in_order(work, items)
        return
    with _ray(workers):
        iterator = iter(items)
        while chunk := list(itertools.islice(iterator, _CHUNK)):
            results = _chunk(work, chunk, workers)
            yield from zip(chunk, results, strict=True)


def _chunk(work, items, workers):
    from ray import data

    def result_of(row):  # rows are bytes, which hold any Python object
        try:
            return {"result": pickle.dumps((work(pickle.loads(row["item"])), None))}
        except Exception as error:
            return {"result": pickle.dumps((None, error))}

    rows = [{"item": pickle.dumps(item)} for item in items]
    blocks = min(len(rows), _BLOCKS * workers)
    for row in data.from_items(rows, override_num_blocks=blocks).map(result_of).iter_rows():
        result, error = pickle.loads(row["result"])
        if error is not None:
            raise error
        yield result


@contextlib.contextmanager
def _ray(workers):
    """Ray with so many processes, and quiet; one that runs already, or a cluster, is used."""
    with _environment():
        import ray
        from ray.data import DataContext

        started = not ray.is_initialized()
        if started and os.environ.get("RAY_ADDRESS"):
            ray.init(log_to_driver=False, logging_level="error")
        elif started:
            quiet = {"include_dashboard": False, "log_to_driver": False, "logging_level": "error"}
            ray.init(num_cpus=workers, **quiet)
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = DataContext.get_current()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    try:
        yield
    finally:
        if started:
            ray.shutdown()


@contextlib.contextmanager
def _environment():
    """What Ray's processes inherit: nothing is sent anywhere, and imports are found as here."""
    given = {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(path for path in sys.path if path)),
    }
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
