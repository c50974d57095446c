"""A clean end at Ctrl-C."""

import signal
import threading
from contextlib import contextmanager


@contextmanager
def stop_on_signal():
    """Turn the first Ctrl-C or SIGTERM into a set event; a second Ctrl-C interrupts at once."""
    stop = threading.Event()

    def request(number, frame):
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    if threading.current_thread() is not threading.main_thread():
        yield stop  # signals reach only the main thread
        return
    before = {s: signal.signal(s, request) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
