"""Metrics of generated images: NumPy in, Python floats out, float64 inside.

``paired`` needs an image and its reference, ``diversity`` a set, ``distribution`` two sets of
features, and ``evaluate`` makes one table of all that two sets of images can tell. ``features`` and
``inception`` make features of images; they are fetched on first use, and only they and
``classification_accuracy_score`` need TensorFlow.
"""

from importlib import import_module

from prodimg_lib.metrics import distribution, diversity, human, paired
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
from prodimg_lib.metrics.scores import evaluate
from prodimg_lib.metrics.table import Scores
from prodimg_lib.metrics.uncertainty import binomial_error, half_sample_error
from prodimg_lib.metrics.utility import classification_accuracy_score

_HOME = {"FeatureExtractor": "features", "InceptionExtractor": "inception"}
_MODULES = ("features", "inception")

__all__ = [
    "FeatureExtractor",
    "InceptionExtractor",
    "Scores",
    "binomial_error",
    "classification_accuracy_score",
    "density_coverage",
    "distribution",
    "diversity",
    "duplicate_rate",
    "evaluate",
    "features",
    "frechet_bias",
    "frechet_distance",
    "frechet_from_moments",
    "half_sample_error",
    "human",
    "inception",
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
