"""What holds for every test: a quiet TensorFlow, no window, no writing into the home folder."""

import os
import sys
from pathlib import Path

# Before anything imports TensorFlow or Matplotlib; subprocesses inherit it.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["MPLBACKEND"] = "agg"

sys.path.insert(0, str(Path(__file__).parents[1] / "book" / "tools"))  # the tools are no package

import pytest
from hypothesis import settings

settings.register_profile("course", derandomize=True, deadline=None)
settings.load_profile("course")


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory):
    """Downloads and prepared data go to a temporary folder; PRODIMG_DATA stays the reader's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRODIMG_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
