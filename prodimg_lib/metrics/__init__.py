"""Metrics of generated images: NumPy in, Python floats out, float64 inside.

``paired`` needs an image and its reference, ``diversity`` a set, ``distribution`` two sets of
features, ``colour`` two sets of RGB images, and ``evaluate`` makes one table of all that two sets
of images can tell. ``features``, ``efficientnet`` and ``inception`` make features of images; only
they and ``classification_accuracy_score`` need TensorFlow. ``register_extractor`` takes a network
of your own. Every name is fetched from its module on first use.
"""

from importlib import import_module

_HOME = {
    "colour_coverage": "colour",
    "mean_chroma": "colour",
    "tints": "colour",
    "density_coverage": "distribution",
    "frechet_bias": "distribution",
    "frechet_distance": "distribution",
    "frechet_from_moments": "distribution",
    "inception_score": "distribution",
    "kernel_distance": "distribution",
    "precision_recall": "distribution",
    "duplicate_rate": "diversity",
    "memorisation": "diversity",
    "memorised_share": "diversity",
    "nearest_distances": "diversity",
    "pairwise_diversity": "diversity",
    "KernelAlarm": "drift",
    "counts_test": "drift",
    "holm": "drift",
    "kernel_test": "drift",
    "plain_numbers": "drift",
    "shares_test": "drift",
    "EfficientNetExtractor": "efficientnet",
    "register_extractor": "extractors",
    "FeatureExtractor": "features",
    "InceptionExtractor": "inception",
    "interval": "intervals",
    "share_interval": "intervals",
    "max_scales": "paired",
    "ms_ssim": "paired",
    "psnr": "paired",
    "ssim": "paired",
    "evaluate": "scores",
    "evaluate_pixels": "scores",
    "second_opinion": "scores",
    "Scores": "table",
    "binomial_error": "uncertainty",
    "half_sample_error": "uncertainty",
    "classification_accuracy_score": "utility",
}
_MODULES = (
    "colour",
    "distribution",
    "diversity",
    "drift",
    "efficientnet",
    "extractors",
    "features",
    "human",
    "inception",
    "paired",
)

__all__ = sorted([*_HOME, *_MODULES])


def __getattr__(name):
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
