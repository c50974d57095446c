"""The one table of model families; what a family is stands on its class (see ``base``).

Names only: looking at the table loads neither TensorFlow nor any settings.
"""

from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True)
class Family:
    """Where a family's class and its settings are, each as ``"module:name"``."""

    model: str
    config: str

    def load(self):
        """The class, a ``GenerativeModel`` (loads TensorFlow)."""
        return _named(self.model)

    def load_config(self):
        """The class of its settings, a ``NetworkConfig``."""
        return _named(self.config)


def _named(place):
    module, name = place.split(":")
    return getattr(import_module(module), name)


_CONFIG = "prodimg_lib.models.config"

# What ``RunConfig.model`` and ``prodimg run --model`` may be called.
MODELS = {
    "gan": Family("prodimg_lib.models.gan:GAN", f"{_CONFIG}:GANConfig"),
    "vae": Family("prodimg_lib.models.vae:VAE", f"{_CONFIG}:VAEConfig"),
    "vqvae": Family("prodimg_lib.models.vqvae:VQVAE", f"{_CONFIG}:VQVAEConfig"),
    "flow": Family("prodimg_lib.models.flow:Flow", f"{_CONFIG}:FlowConfig"),
    "latent-flow": Family(
        "prodimg_lib.models.latent_flow:LatentFlow", f"{_CONFIG}:LatentFlowConfig"
    ),
}
