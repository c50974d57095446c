"""The same work on several processes of this machine, or of a Ray cluster, in order.

For work that threads do not spread, as Python itself does it. A process that dies is replaced,
which is told, and what it had begun is done again. Results come back in the order of the items, so
whoever writes them down writes the same bytes as with one process.
"""

import multiprocessing
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from prodimg_lib.data import cluster
from prodimg_lib.data.parallel import in_order
from prodimg_lib.errors import InputError

_AHEAD = 8  # results that may wait for each process: enough to keep it busy, and memory flat
_TRIES = 3  # of an item at which processes die


def check_workers(workers):
    """Refuse ``--workers`` that cannot be had, before any work; None is one process.

    Raises:
        InputError: no number, or below 1.
    """
    if workers is None:
        return
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise InputError(f"--workers {workers}: expected a number of processes, at least 1")


def in_order_on(workers, work, items, on_message=None):
    """As ``parallel.in_order``, ``(item, work(item))`` in order, on so many processes.

    Args:
        workers: None for threads of this process, as 1 is; but where ``RAY_ADDRESS`` names a
            cluster, a number is of tasks there at a time, see ``cluster``.
        work: function of an item that can be pickled, as functions of a module and their
            ``partial`` can; so can items and results. What it raises is raised here.
        on_message: called with a line where a process died.

    Raises:
        InputError: as ``check_workers``; or processes die at the same item again and again, or
            as ``cluster.in_order_by_ray``.
    """
    check_workers(workers)
    if workers is not None and cluster.address():
        yield from cluster.in_order_by_ray(workers, work, items)
        return
    if workers is None or workers == 1:
        yield from in_order(work, items)
        return
    waiting: deque = deque()
    pool, rest, died, more = _pool(workers), iter(items), 0, True
    try:
        while more or waiting:
            try:
                while more and len(waiting) < _AHEAD * workers:
                    item = next(rest, waiting)
                    more = item is not waiting
                    if more:
                        waiting.append((item, None))
                        waiting[-1] = item, pool.submit(work, item)
                if not waiting:
                    return
                item, future = waiting[0]
                result = future.result()
            except BrokenProcessPool:
                died += 1
                if died == _TRIES:
                    raise InputError(
                        f"a process died {died} times at {waiting[0][0]!r} or soon after it: "
                        "leave --workers out, which shows why"
                    ) from None
                if on_message:
                    on_message(f"one of {workers} processes died: what it had begun is done again")
                pool.shutdown(cancel_futures=True)
                pool = _pool(workers)
                waiting = deque((i, _kept(f) or pool.submit(work, i)) for i, f in waiting)
                continue
            waiting.popleft()
            died = 0
            yield item, result
    finally:
        pool.shutdown(cancel_futures=True)


def _pool(workers):
    # TensorFlow does not survive a fork, nor do threads that hold a lock.
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


def _kept(future):
    """A future whose work was done before its pool broke; None for others."""
    if future is None or not future.done() or future.cancelled():
        return None
    return None if isinstance(future.exception(), BrokenProcessPool) else future
