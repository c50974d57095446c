"""A folder for what can be made again: data sets, rendered catalogues, features of images."""

import contextlib
import os
from pathlib import Path

import numpy as np

from prodimg_lib.errors import InputError
from prodimg_lib.files import replacing


def cache_folder():
    """``PRODIMG_CACHE``, or the user's cache folder. It may be deleted at any time."""
    import platformdirs

    named = os.environ.get("PRODIMG_CACHE")
    return (
        Path(os.path.expanduser(named)) if named else Path(platformdirs.user_cache_dir("prodimg"))
    )


def load_arrays(path):
    """The arrays that ``keep_arrays`` stored under ``path``, by name; None if there are none."""
    try:
        with np.load(path) as stored:
            return dict(stored)
    except Exception:  # not there, or damaged in one of the many ways of a zip file
        return None


def keep_arrays(path, **arrays):
    """Store arrays for ``load_arrays``, whole or not at all; never an error."""
    with contextlib.suppress(OSError, InputError):  # without a cache things take longer, no more
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as partial:
            np.savez(partial, **arrays)
