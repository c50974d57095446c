"""Metrics of generated images: NumPy in, Python floats out, float64 inside.

``paired`` needs an image and its reference, ``diversity`` a set, ``distribution`` two sets of
features. ``features`` makes features of images; it is fetched on first use, and it alone needs
TensorFlow.
"""

from importlib import import_module

from prodimg_lib.metrics import distribution, diversity, paired
from prodimg_lib.metrics.distribution import (
    density_coverage,
    frechet_bias,
    frechet_distance,
    frechet_from_moments,
    inception_score,
    kernel_distance,
    precision_recall,
)
from prodimg_lib.metrics.diversity import (
    duplicate_rate,
    memorisation,
    nearest_distances,
    pairwise_diversity,
)
from prodimg_lib.metrics.paired import max_scales, ms_ssim, psnr, ssim

_HOME = {"FeatureExtractor": "features"}
_MODULES = ("features",)

__all__ = [
    "FeatureExtractor",
    "density_coverage",
    "distribution",
    "diversity",
    "duplicate_rate",
    "features",
    "frechet_bias",
    "frechet_distance",
    "frechet_from_moments",
    "inception_score",
    "kernel_distance",
    "max_scales",
    "memorisation",
    "ms_ssim",
    "nearest_distances",
    "paired",
    "pairwise_diversity",
    "precision_recall",
    "psnr",
    "ssim",
]


def __getattr__(name):
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
