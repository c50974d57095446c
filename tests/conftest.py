"""What holds for every test: a quiet TensorFlow, no window, no writing into the home folder."""

import gzip
import hashlib
import os
import tempfile

# Before anything imports TensorFlow or Matplotlib; subprocesses inherit it.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["MPLBACKEND"] = "agg"
if "PYTEST_XDIST_WORKER" in os.environ:  # as many workers as cores: each has one to itself
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")

import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("course", derandomize=True, deadline=None)
settings.load_profile("course")

_CACHE = "PRODIMG_TEST_CACHE"  # set by the process that starts the workers, which inherit it


def pytest_configure(config):
    """One cache for all workers of this test run: what one rendered, the others take."""
    if not hasattr(config, "workerinput"):
        folder = tempfile.TemporaryDirectory(prefix="prodimg-tests-")
        os.environ[_CACHE] = folder.name
        config.add_cleanup(folder.cleanup)


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory):
    """What is kept goes to temporary folders; PRODIMG_DATA stays the reader's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRODIMG_CACHE", os.environ[_CACHE])
        patch.setenv("PRODIMG_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture
def batch():
    """Eight tiny images in [-1, 1] and their labels, as a model's ``train_step`` gets them."""
    import tensorflow as tf

    from prodimg_lib.data import to_model
    from tests.samples import tiny_images

    images, labels = tiny_images(8)
    return tf.constant(to_model(images)), tf.constant(labels, tf.int32)


@pytest.fixture
def small():
    """File name: content, of a Fashion-MNIST with 40 + 20 images."""
    from tests.samples import idx

    rng = np.random.default_rng(0)
    content = {}
    for part, n in (("train", 40), ("t10k", 20)):
        images = rng.integers(0, 256, (n, 28, 28), np.uint8)
        content[f"{part}-images-idx3-ubyte"] = idx(images)
        content[f"{part}-labels-idx1-ubyte"] = idx(np.arange(n, dtype=np.uint8) % 10)
    return content


@pytest.fixture
def elsewhere(small, tmp_path, monkeypatch):
    """Nothing is installed, nothing cached, no server answers; the digests are those of small."""
    from prodimg_lib.data import fashion_mnist

    def digest(content):
        return hashlib.sha256(content).hexdigest()

    monkeypatch.setattr(
        fashion_mnist,
        "FILES",
        {k: (digest(gzip.compress(v, mtime=0)), digest(v)) for k, v in small.items()},
    )
    monkeypatch.setattr(fashion_mnist, "DEBIAN", tmp_path / "debian")
    monkeypatch.setattr(fashion_mnist, "URLS", ())
    monkeypatch.setenv("PRODIMG_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("PRODIMG_DATA", raising=False)
    return tmp_path
