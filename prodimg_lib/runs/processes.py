"""One training run by several processes, of this machine or of several (``tf.distribute``).

Processes that compute each step together are lost together: where one dies, TensorFlow cannot go on
with the others. So they are started and watched by one that trains nothing, and where one dies all
of its own begin again, from the newest checkpoint.
"""

import contextlib
import json
import multiprocessing
import os
import socket
import sys
import threading
from dataclasses import dataclass
from multiprocessing import connection

from prodimg_lib import quiet
from prodimg_lib.data.workers import check_workers
from prodimg_lib.errors import InputError, Interrupted
from prodimg_lib.runs.config import check_shares, with_batch_size
from prodimg_lib.runs.folder import load_data
from prodimg_lib.runs.show import Show
from prodimg_lib.runs.stop import stop_on_signal
from prodimg_lib.text import text

_TRIES = 3  # losses without a checkpoint in between
_INTERRUPTED, _REFUSED, _LOST = 130, 2, 75  # exit codes of the processes that train


@dataclass(frozen=True)
class Group:
    """Who trains together.

    Attributes:
        count: of processes; own: numbers of those that this command starts, from 0.
        places: ``host:port`` of each; None: of this machine, at ports that are free.
    """

    count: int
    own: tuple[int, ...]
    places: tuple[str, ...] | None = None

    @property
    def first(self):
        """Whether the process that writes the run folder is started here."""
        return 0 in self.own


def group(workers=None):
    """The ``Group`` that ``--workers`` or the environment variable ``TF_CONFIG`` asks for; or None.

    Args:
        workers: how many processes of this machine; None where nothing is said.

    Raises:
        InputError: both are said, or either is not as it should be.
    """
    check_workers(workers)
    told = os.environ.get("TF_CONFIG")
    places, number = _read(told) if told else ((), 0)
    if len(places) < 2:
        return Group(workers, tuple(range(workers))) if (workers or 1) > 1 else None
    if workers is not None:
        raise InputError(
            f"--workers {workers} and TF_CONFIG, which names {len(places)} processes, both say who "
            "trains: leave one of them out"
        )
    return Group(len(places), (number,), places)


def _read(told):
    """Addresses of all processes, and the number of this one, from ``TF_CONFIG``."""
    try:
        facts = json.loads(told)
        kinds = facts["cluster"]
        places = tuple(place for kind in ("chief", "worker") for place in kinds.get(kind, ()))
        kind, number = facts["task"]["type"], facts["task"]["index"]
        good = kind in ("chief", "worker") and 0 <= number < len(kinds[kind])
        good = good and all(isinstance(place, str) and ":" in place for place in places)
    except (ValueError, KeyError, TypeError, AttributeError):
        good = False
    if not good:
        raise InputError(
            f"TF_CONFIG = {told[:200]}: expected "
            '{"cluster": {"worker": ["host:port", ...]}, "task": {"type": "worker", "index": 0}}, '
            "the same on each machine but for the index"
        )
    return places, number + (len(kinds.get("chief", ())) if kind == "worker" else 0)


def check(config, group):
    """Make sure that a run can be shared among processes, as far as its settings tell.

    Raises:
        InputError: its batch cannot, or its family.
    """
    if why := config.settings.one_device:
        raise InputError(
            f"model = {config.model}: {why}, not in {group.count} processes: leave --workers and "
            "TF_CONFIG out"
        )
    if config.train.batch_size is not None:
        check_shares(config, group.count)


def train_together(config, out, group, show):
    """As ``training.train``, by the processes of a ``Group``; the first of them writes ``out``.

    Where a process dies all begin again from the newest checkpoint, which ``show`` is told.

    Args:
        config, out, show: as of ``training.train``.

    Raises:
        InputError: as ``training.train``; or processes die again and again.
        Interrupted: a signal came; the state after the current step is saved.
    """
    words, tries, before = text()["processes"], 0, None
    with stop_on_signal() as stop:
        while ended := _session(config, out, group, show, stop):
            number, code = ended
            step = _saved(out) if group.first else None
            where = words["start"] if step is None else words["step"].format(step=step)
            facts = {"number": number + 1, "count": group.count, "where": where}
            if code > 0 and code != _LOST:  # an error that it has shown, and would meet again
                raise InputError(words["failed"].format(**facts))
            said = words["lost" if code == _LOST else "died"].format(n=-code, **facts)
            tries, before = tries + 1 if step == before else 1, step
            elsewhere = group.places and code == _LOST  # it is back when somebody starts it
            if tries >= _TRIES and not elsewhere:
                raise InputError(words["gives_up"].format(said=said, tries=tries, **facts))
            show.message(words["again"].format(said=said, where=where))


def _saved(out):
    """The step of the newest checkpoint; None where there is none."""
    from prodimg_lib.runs.selection import newest_state

    state = newest_state(out) if (out / "checkpoints").is_dir() else None
    return state["step"] if state else None


def _session(config, out, group, show, stop):
    """Train until it is done, or a process ends before: its number and exit code."""
    context = multiprocessing.get_context("spawn")  # TensorFlow does not survive a fork
    processes, pipes = {}, {}
    with _places(group) as (places, environment):
        try:
            for number in group.own:
                pipe, its = context.Pipe(duplex=False)
                place = {"cluster": {"worker": places}, "task": {"type": "worker", "index": number}}
                process = context.Process(
                    target=_work,
                    args=(
                        environment | {"TF_CONFIG": json.dumps(place)},
                        config,
                        out if number == 0 else None,
                        its,
                    ),
                    name=f"training {number + 1}",
                    daemon=True,
                )
                process.start()
                its.close()
                processes[number], pipes[number] = process, pipe
            return _watch(processes, pipes, show, stop)
        finally:
            for process in processes.values():
                process.kill()  # what is saved is whole at any moment
                process.join()


def _watch(processes, pipes, show, stop):
    asked, leader = False, min(processes)
    while True:
        sentinels = [p.sentinel for p in processes.values() if p.exitcode is None]
        connection.wait([*pipes.values(), *sentinels], timeout=0.5)
        # Before anything is heard, so that what a process said last is heard.
        codes = {number: process.exitcode for number, process in processes.items()}
        for number in list(pipes):
            _hear(pipes, number, show)
        if codes[leader] == 0:
            return None
        ended = [(number, code) for number, code in codes.items() if code]
        if ended and asked:
            raise Interrupted(text()["processes"]["stopped"])
        if ended:
            # Who was lost is told before those who lost it.
            return min(ended, key=lambda found: found[1] == _LOST)
        if stop.is_set() and not asked:
            asked = True
            processes[leader].terminate()  # which all of them hear of after the step


def _hear(pipes, number, show):
    """Do what a process says, as long as it says something."""
    pipe = pipes[number]
    try:
        while pipe.poll():
            name, arguments = pipe.recv()
            if name == "refused":
                raise InputError(*arguments)
            if name == "stopped":
                raise Interrupted(*arguments)
            getattr(show, name)(*arguments)
    except (EOFError, OSError):
        del pipes[number]


@contextlib.contextmanager
def _places(group):
    """The addresses of a group, and what TensorFlow must be told of them.

    Ports of this machine are held as long as they are needed, or another program could take one
    before TensorFlow does.
    """
    if group.places:
        yield group.places, {}
        return
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(group.count)]
        for each in held:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            each.bind(("", 0))
        places = tuple(f"localhost:{each.getsockname()[1]}" for each in held)
        yield places, {"TF_GRPC_REUSE_PORT": "1"}


class _Told(Show):
    """Tells the process that watches."""

    def __init__(self, pipe):
        self._pipe = pipe

    def stage(self, name):
        self._pipe.send(("stage", (name,)))

    def message(self, line):
        self._pipe.send(("message", (line,)))

    def progress(self, done, total, note=""):
        self._pipe.send(("progress", (done, total, note)))


def _work(environment, config, out, pipe):
    """What a process does that trains."""
    os.setsid()  # Ctrl-C is for the one that watches, who passes it on once
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ |= environment
    code = 1
    try:
        _train(config, out, _Told(pipe))
        code = 0
    except Interrupted as event:
        pipe.send(("stopped", (str(event),)))
        code = _INTERRUPTED
    except InputError as error:
        pipe.send(("refused", (str(error),)))
        code = _REFUSED
    except Exception as error:
        if _is_loss(error):
            code = _LOST
        else:
            sys.excepthook(*sys.exc_info())
    finally:
        pipe.close()
        sys.stderr.flush()
        os._exit(code)  # TensorFlow's server would keep the process


def _train(config, out, show):
    quiet.load_tensorflow()
    import tensorflow as tf

    try:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()  # before any other use of TensorFlow
    except tf.errors.UnknownError as error:
        raise InputError(
            f"TF_CONFIG = {os.environ['TF_CONFIG']}: {error.message}; expected an address of this "
            "machine with a free port: name another port"
        ) from None
    from functools import partial

    from prodimg_lib.runs import replicated
    from prodimg_lib.runs.training import train

    data = load_data(config)
    config = with_batch_size(config, data)
    if out is None:
        replicated.follow(strategy, config, data)
    else:
        train(config, data, out, show, engine=partial(replicated.First, strategy, config, data))


def _is_loss(error):
    """Whether TensorFlow says that another process does not answer any more."""
    import tensorflow as tf

    e = tf.errors
    kinds = (e.UnavailableError, e.AbortedError, e.CancelledError, e.DeadlineExceededError)
    return isinstance(error, (*kinds, e.InternalError))


def _end_with_parent():
    if parent := multiprocessing.parent_process():
        parent.join()
    os._exit(1)  # at once: the run folder is no longer locked
