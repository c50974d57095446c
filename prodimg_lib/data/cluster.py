"""The same work on the machines of a Ray cluster, in order: for what one machine cannot hold.

A cluster is told of as Ray itself is: by the environment variable ``RAY_ADDRESS``, an address or
``local`` for one that is started here and stopped again. Ray Data does the work, and does again
what a lost process or machine had begun. Each machine needs this library and the same paths.
Extra ``scale``.
"""

import itertools
import logging
import os
import pickle
import re
import socket
import warnings

from prodimg_lib.errors import InputError

ADDRESS = "RAY_ADDRESS"
_PATIENCE = 10  # seconds for the other machine to take a connection
_PART = 4096  # items that Ray Data is given at a time, so that memory stays flat
_TRIES = 3  # more of a task that is lost; Ray Data would try for ever
_BLOCK = 64  # items of a task at most: what is done again where one is lost


def address():
    """Where ``RAY_ADDRESS`` says that a cluster is; None where it says nothing."""
    return os.environ.get(ADDRESS) or None


def in_order_by_ray(workers, work, items):
    """As ``workers.in_order_on``, by so many tasks at a time on the cluster at ``RAY_ADDRESS``.

    Where this process is connected to one already, that is taken, and stays connected.

    Raises:
        InputError: Ray is not installed, no cluster answers, or tasks are lost again and again.
    """
    ray, ours = _connected()
    try:
        rest = iter(items)
        while part := list(itertools.islice(rest, _PART)):
            yield from zip(part, _results(ray, workers, work, part), strict=True)
    finally:
        if ours:
            ray.shutdown()


def _connected():
    """Ray, and whether it was this call that connected it."""
    where = address()
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise InputError(
            f"{ADDRESS} = {where!r} asks for Ray, which is not installed here ({error}): "
            "`pip install 'prodimg-lib[scale]'`, or unset it for processes of this machine"
        ) from None
    logging.getLogger("ray").setLevel(logging.ERROR)
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # what it tells is raised, too
    ours = not ray.is_initialized()
    try:
        if ours:
            _reach(where)
            ray.init(where, logging_level=logging.ERROR, log_to_driver=False)
    except Exception as error:  # of many kinds, some of them plain
        raise InputError(
            f"{ADDRESS} = {where!r}: no Ray cluster answers there ({_line(error)}): start one with "
            "`ray start --head`, or unset it for processes of this machine"
        ) from None
    context = ray.data.DataContext.get_current()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    return ray, ours


def _reach(where):
    """An OSError where nothing listens: Ray would try for minutes, with much to say."""
    if place := re.fullmatch(r"(?:ray://)?\[?([^/]+?)\]?:(\d+)", where or ""):
        socket.create_connection((place[1], int(place[2])), timeout=_PATIENCE).close()


def _results(ray, workers, work, part):
    rows = [{"item": pickle.dumps(item)} for item in part]
    blocks = min(len(rows), max(4 * workers, -(-len(rows) // _BLOCK)))
    data = ray.data.from_items(rows, override_num_blocks=blocks)
    try:
        tasks = ray.data.TaskPoolStrategy(size=workers)
        how = {"fn_args": (pickle.dumps(work),), "compute": tasks}
        with warnings.catch_warnings(category=DeprecationWarning, action="ignore"):
            data = data.map(_task, **how, max_retries=_TRIES)  # there until Ray 2.64
        for row in data.iter_rows():
            done, result = pickle.loads(row["result"])
            if not done:
                raise result
            yield result
    except ray.exceptions.RayError as error:
        raise InputError(
            f"{ADDRESS}: the cluster lost tasks again and again ({_line(error)}): leave --workers "
            "out, which shows why"
        ) from None


def _task(row, work):
    """``work`` on a row; what it raises is a result, so that Ray does not try it again."""
    try:
        found = True, pickle.loads(work)(pickle.loads(row["item"]))
    except Exception as error:
        found = False, error
    return {"result": pickle.dumps(found)}


def _line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
