"""Many images by several processes, the same bytes as by one."""

import functools
import os

import numpy as np

from prodimg_lib.data.workers import in_order_on
from prodimg_lib.runs import requests
from prodimg_lib.runs.requests import Drawn
from prodimg_lib.runs.show import Show

ROWS = 1024  # of a part: a multiple of the batches of ``decode``, so that these stay the same


def drawer(run_folder, workers, opened, on_message=None):
    """``requests.draw`` or, with several workers, the same by parts, each drawn by one of them.

    A worker opens the model once. Batches are those of one process, as their size decides which
    kernels run and so how they round.

    Args:
        run_folder: a run folder or the name of a model that ships.
        workers: None or 1 for this process.
        opened: function that opens it, ``generate.opened``.
        on_message: called with a line where a process died, and was replaced.
    """
    if workers is None or workers == 1:
        return requests.draw

    place = os.path.abspath(run_folder) if os.path.exists(run_folder) else str(run_folder)

    def draw(model, wanted, seed, drawing):
        rows = np.arange(len(wanted.index))
        parts = [wanted.rows(rows[i : i + ROWS]) for i in range(0, len(rows), ROWS)]
        if len(parts) < 2:
            return requests.draw(model, wanted, seed, drawing)  # sooner than another would start
        work = functools.partial(_part, opened, place, seed, drawing)
        found = in_order_on(workers, work, parts, on_message)
        images = np.concatenate([images for _, images in found])
        return Drawn(images, wanted.labels, wanted.index, seed)

    return draw


def _part(opened, run_folder, seed, drawing, wanted):
    return requests.draw(_model(opened, run_folder), wanted, seed, drawing).images


@functools.lru_cache(maxsize=1)
def _model(opened, run_folder):
    return opened(run_folder, Show()).model
