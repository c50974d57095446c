"""Small models and data that several tests share."""

import gzip
import struct
from dataclasses import replace

import numpy as np

from prodimg_lib.data.images import ProductImages

GUARD = 1800  # seconds; ends what hangs, and is never what a slow or busy machine needs


def tiny_images(n=64, size=28, channels=1, seed=0):
    """Two classes that a network can tell apart: bright squares on the left or on the right."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 40, (n, size, size, channels), dtype=np.uint8)
    labels = np.arange(n) % 2
    for image, label in zip(images, labels, strict=True):
        left = 3 if label == 0 else size // 2
        image[size // 4 : 3 * size // 4, left : left + size // 2 - 4] += np.uint8(200)
    return images, labels.astype(np.int64)


def many_products(n=200, source="catalogue"):
    """``product_images`` with n to train with."""
    images, labels = tiny_images(n)
    return replace(product_images(source=source), images=images, labels=labels)


def contents(images):
    """The set of what images show, whatever their order."""
    return {image.tobytes() for image in images}


def product_images(n_test=20, source="folder"):
    """``ProductImages`` of ``tiny_images``: 40 to train with, ``n_test`` held out."""
    images, labels = tiny_images(40)
    test, test_labels = tiny_images(n_test, seed=1)
    return ProductImages(
        images=images,
        labels=labels,
        test_images=test,
        test_labels=test_labels,
        class_names=("left", "right"),
        source=source,
        origin="made by a test",
    )


TINY = {"width": 4, "latent_dim": 5}


def tiny(kind):
    """Settings of a small model of a class."""
    if kind.__name__ == "Flow":
        return {"width": TINY["width"], "steps": 3}
    if kind.__name__ == "LatentFlow":
        return TINY | {"steps": 3, "codec_width": TINY["width"], "codec_steps": 2}
    small_prior = {"codes": 8, "prior_width": 8, "prior_depth": 1}
    return TINY | (small_prior if kind.__name__ == "VQVAE" else {})


def same_variables(a, b):
    """Whether two models hold bitwise equal variables, optimizers included."""
    pairs = list(zip(a.variables, b.variables, strict=True))
    for name in ("optimizer", "d_optimizer"):
        if hasattr(a, name):
            pairs += zip(getattr(a, name).variables, getattr(b, name).variables, strict=True)
    return all(np.array_equal(np.asarray(x), np.asarray(y)) for x, y in pairs)


def idx(array):
    """Bytes of an idx file."""
    return (
        bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + bytes(array)
    )


def put(folder, small, packed=True):
    """Write the files of a small Fashion-MNIST."""
    folder.mkdir(parents=True)
    for name, content in small.items():
        if packed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content, mtime=0))
        else:
            (folder / name).write_bytes(content)


def register_toy():
    """The family of ``tests.runs.toy``, in whatever process: quick, with one setting to search."""
    from prodimg_lib.models.families import MODELS, Family
    from prodimg_lib.runs.search import SPACES, Between

    MODELS["toy"] = Family("tests.runs.toy:Toy", "tests.runs.toy:ToyConfig")
    SPACES["toy"] = {"spread": Between(0.01, 4.0)}
