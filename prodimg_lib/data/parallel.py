"""Work on many files with every core, in order, and never far ahead of who takes the results."""

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor

_AHEAD = 8  # results that may wait for each thread: enough to keep it busy, and memory flat


def in_order(work, items):
    """Yields ``(item, work(item))`` for each item, in order.

    In threads: Pillow and OpenCV decode and resize outside the interpreter lock. Leaving the loop
    early, by Ctrl-C say, drops what has not begun.
    """
    threads = os.cpu_count() or 1
    waiting: deque = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for item in items:
            waiting.append((item, pool.submit(work, item)))
            if len(waiting) >= _AHEAD * threads:
                item, future = waiting.popleft()
                yield item, future.result()
        while waiting:
            item, future = waiting.popleft()
            yield item, future.result()
    finally:
        pool.shutdown(cancel_futures=True)
