"""prodimg_lib: product images with GANs and VAEs in TensorFlow 2 / Keras 3.

Importing this package loads neither TensorFlow nor Keras: every name below is
fetched from its module on first use.
"""

from importlib import import_module

__version__ = "0.1.0"

# Written out, so that a digest of a chapter's code can read where a name comes from.
_HOME = {
    "GAN": "models.gan",
    "VAE": "models.vae",
    "VQVAE": "models.vqvae",
    "Flow": "models.flow",
    "LatentFlow": "models.latent_flow",
    "RunConfig": "runs.config",
    "batches": "data.batches",
    "load": "data",
    "to_model": "data",
    "to_uint8": "data",
    "InputError": "errors",
}
_MODULES = {
    "augment": "models.augment",
    "data": "data",
    "diffusion": "diffusion",
    "elbo": "elbo",
    "latent": "models.latent",
    "layers": "models.layers",
    "likelihoods": "likelihoods",
    "losses": "losses",
    "metrics": "metrics",
    "networks": "models.networks",
    "plots": "plots",
    "pretrained": "models.pretrained",
    "provenance": "provenance",
}

__all__ = ["__version__", *_HOME]


def __getattr__(name):
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    if name in _MODULES:
        return import_module(f"{__name__}.{_MODULES[name]}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*__all__, *_MODULES])
