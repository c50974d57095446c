"""Metrics of generated images: NumPy in, Python floats out, float64 inside.

``paired`` needs an image and its reference, ``diversity`` a set, ``distribution`` two sets of
features, ``features`` makes features of images (and alone needs TensorFlow, on first use).
"""

from prodimg_lib.metrics import distribution, diversity, features, paired
from prodimg_lib.metrics.distribution import (
    density_coverage,
    frechet_bias,
    frechet_distance,
    frechet_from_moments,
    inception_score,
    kernel_distance,
    precision_recall,
)
from prodimg_lib.metrics.diversity import duplicate_rate, nearest_distances, pairwise_diversity
from prodimg_lib.metrics.features import FeatureExtractor
from prodimg_lib.metrics.paired import ms_ssim, psnr, ssim

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
    "ms_ssim",
    "nearest_distances",
    "paired",
    "pairwise_diversity",
    "precision_recall",
    "psnr",
    "ssim",
]
