"""One search for settings by several processes of this machine, on the study that they share."""

import contextlib
import multiprocessing
import sys

from prodimg_lib.errors import InputError, Interrupted
from prodimg_lib.files import writable_folder
from prodimg_lib.runs import tune as alone
from prodimg_lib.runs.show import Show
from prodimg_lib.text import text


def tune_together(config, out, trials, workers, show=None, work=None):
    """As ``tune.tune``, with so many processes, this one among them; returns the ``optuna.Study``.

    All take their trials from the study in ``out``, and whoever ends looks after the others: a
    trial whose process died is taken up from its checkpoint. Processes on other machines that see
    the same folder join by the same command.

    Args:
        config, out, trials, show: as of ``tune.tune``.
        workers: at least 1; work: what the others do, a function of (config, out, trials) of a
            module; None = ``tune.tune``.

    Raises:
        InputError, Interrupted: as ``tune.tune``; then the others are stopped, and save.
    """
    show = show or Show()
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise InputError(f"--workers {workers}: expected a number of processes, at least 1")
    if workers == 1:
        return alone.tune(config, out, trials, show)
    out = writable_folder(out)
    alone.prepare(config, out)
    others = _start(workers - 1, work or _work, (config, out, trials))
    try:
        study = alone.tune(config, out, trials, show)
        for process in others:
            process.join()
        if any(process.exitcode for process in others):
            show.message(text()["tune"]["died"])
            # What they left is taken up here; where nothing is left, this ends at once.
            study = alone.tune(config, out, trials, show)
        return study
    finally:
        for process in others:
            with contextlib.suppress(ValueError):
                process.terminate()  # SIGTERM: it saves
                process.join()


def _start(count, work, arguments):
    context = multiprocessing.get_context("spawn")  # TensorFlow does not survive a fork
    others = [context.Process(target=work, args=arguments) for _ in range(count)]
    for process in others:
        process.start()
    return others


def _work(config, out, trials):
    try:
        alone.tune(config, out, trials)
    except Interrupted:
        sys.exit(130)
    except InputError as error:
        print(f"prodimg: a process of the search: {error}", file=sys.stderr)
        sys.exit(2)
