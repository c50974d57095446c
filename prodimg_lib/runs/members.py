"""Training by several processes (``tf.distribute``), and one that watches over them.

Every process is a member of a ``MultiWorkerMirroredStrategy``: it holds the whole model, takes its
part of each batch, and gradients are averaged, so all members stay alike, and like one process that
trains at the same batch. Each does what a run does, in a folder of its own; that of the first is
the run's. Where one dies the others cannot go on without it: all are ended, and begin again
together from the newest checkpoint, which leads to the same model, as training is a function of
seed and step.
"""

import json
import multiprocessing
import os
import shutil
import socket
import sys
import tempfile
import time
from pathlib import Path

from prodimg_lib.errors import InputError, Interrupted
from prodimg_lib.runs.records import Checkpoints
from prodimg_lib.runs.show import Show
from prodimg_lib.runs.stop import stop_on_signal
from prodimg_lib.text import text

_TRIES = 3  # without a step of progress
_POLL = 0.2  # seconds
_GRACE = 60  # seconds that the first member has to save after a signal


def check_members(config, workers):
    """Refuse what several processes cannot do, before any work.

    Raises:
        InputError: below 1 process, a budget in minutes, or a batch that they cannot share.
    """
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise InputError(f"--workers {workers}: expected a number of processes, at least 1")
    if workers == 1:
        return
    if config.train.minutes is not None or not config.train.steps:
        raise InputError(
            f"--workers {workers} with a budget in minutes: clocks differ, so say --steps"
        )
    if config.train.batch_size % workers:
        raise InputError(
            f"--workers {workers}: train.batch_size = {config.train.batch_size} cannot be shared "
            f"equally; choose a multiple of {workers}"
        )


def train_together(config, out, workers, show=None, member=None):
    """Train the run in ``out`` to its steps with so many processes of this machine.

    Args:
        config: ``RunConfig``; out: the run folder, locked by the caller, with its settings.
        workers: at least 2.
        show: a ``Show``.
        member: what a member does, a function of (config, folder, rank, addresses) of a module;
            None = ``train_as``.

    Raises:
        InputError: see ``check_members``; or members die again and again.
        Interrupted: a signal came; the first member has saved.
    """
    check_members(config, workers)
    show, words = show or Show(), text()["members"]
    failed, reached = 0, -1
    show.stage("train")
    with stop_on_signal() as stop:
        while True:
            step = _step(out)
            if step >= config.train.steps:
                return
            failed, reached = (0 if step > reached else failed), step
            show.message(words["start"].format(n=workers, step=step))
            code, who = _session(config, out, workers, show, stop, member or train_as)
            if stop.is_set():
                raise Interrupted(f"saved at step {_step(out):,}")
            if code == 0:
                continue
            failed += 1
            if failed == _TRIES or code == 2:
                raise InputError(words["gave_up"].format(who=who, step=_step(out), out=out))
            show.message(words["died"].format(who=who, code=code, step=_step(out)))


def train_as(config, folder, rank, addresses):
    """What a member does: train in ``folder`` as number ``rank`` of those at ``addresses``."""
    from prodimg_lib import quiet

    cluster = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": rank}}
    os.environ["TF_CONFIG"] = json.dumps(cluster)
    quiet.load_tensorflow()
    import tensorflow as tf

    from prodimg_lib.runs.folder import load_data
    from prodimg_lib.runs.training import train

    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    data = load_data(config)
    with strategy.scope():
        train(config, data, Path(folder), Show())


def _session(config, out, workers, show, stop, member):
    """All members from the newest checkpoint on; (exit code, rank) of the first that failed."""
    addresses = _addresses(workers)
    with tempfile.TemporaryDirectory(prefix="prodimg-members-") as place:
        folders = [Path(out)]
        for rank in range(1, workers):
            folders.append(Path(place) / str(rank))
            shutil.copytree(Path(out) / "checkpoints", folders[-1] / "checkpoints")
        context = multiprocessing.get_context("spawn")
        members = [
            context.Process(target=_member, args=(member, config, folder, rank, addresses))
            for rank, folder in enumerate(folders)
        ]
        try:
            for process in members:
                process.start()
            return _watch(members, config, out, show, stop)
        finally:
            for process in members:
                process.kill()
                process.join()


def _watch(members, config, out, show, stop):
    asked = None
    while True:
        time.sleep(_POLL)
        show.progress(_step(out), config.train.steps)
        codes = [process.exitcode for process in members]
        if stop.is_set() and asked is None:
            asked = time.monotonic()
            members[0].terminate()  # it ends after its step and saves; the others only wait for it
        if asked is not None:
            if codes[0] is not None or time.monotonic() - asked > _GRACE:
                return 130, 0
            continue
        failed = [(code, rank) for rank, code in enumerate(codes) if code]
        if failed:
            return failed[0]
        if all(code == 0 for code in codes):
            return 0, 0


def _member(work, config, folder, rank, addresses):
    os.setsid()  # Ctrl-C is for whoever watches, who then ends the members in order
    try:
        work(config, folder, rank, addresses)
    except Interrupted:
        sys.exit(130)
    except InputError as error:
        print(f"prodimg: process {rank} of the training: {error}", file=sys.stderr)
        sys.exit(2)


def _addresses(count):
    """Free ports of this machine."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _step(out):
    state = Checkpoints(Path(out) / "checkpoints").state()
    return state["step"] if state else 0
