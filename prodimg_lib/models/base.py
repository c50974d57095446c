"""What the GAN and the VAE share: config, label handling, the step counter, sampling, saving."""

import keras
import numpy as np
from scipy.special import ndtr, ndtri

from prodimg_lib.data import to_uint8
from prodimg_lib.errors import InputError
from prodimg_lib.settings import parse


class GenerativeModel(keras.Model):
    """A ``keras.Model`` made from a config, trained with ``fit``, saved whole with ``save``.

    Subclasses set ``Config``, build their networks in ``__init__`` and define ``sampler``, the
    network that maps latents (and labels) to images.

    A file written by ``model.save("x.keras")`` holds networks, averaged weights, optimizer slots
    and the step counter; as all training noise is a pure function of (seed, step), that is
    everything a resume needs.
    """

    Config = None

    def __init__(self, config=None, *, name=None, trainable=True, dtype=None, **settings):
        super().__init__(name=name, trainable=trainable, dtype=dtype)
        if isinstance(config, self.Config):
            config = config.model_dump()
        self.config = parse(self.Config, {**(config or {}), **settings}, type(self).__name__)
        self.step = self.add_weight(
            name="step",
            shape=(),
            dtype="int64",
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
        )

    @property
    def conditional(self):
        """Whether the model takes class labels."""
        return self.config.num_classes > 0

    @property
    def sampler(self):
        """The network latents go through in ``generate``."""
        raise NotImplementedError

    @property
    def noise_dim(self):
        """How many random numbers go into an image."""
        return self.config.latent_dim

    def get_config(self):
        return {"config": self.config.model_dump(), "name": self.name}

    def call(self, inputs, training=False):
        """Latents (or ``[latents, labels]``) -> images in [-1, 1]."""
        return self.sampler(inputs, training=training)

    def _unpack(self, data):
        """A batch of ``fit``: images, or (images, labels) -> (images, labels or None)."""
        images, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        if self.conditional and labels is None:
            raise InputError(
                f"this {type(self).__name__} is conditional on {self.config.num_classes} classes: "
                "fit it on (images, labels)"
            )
        return images, labels if self.conditional else None

    def generate(self, n, labels=None, seed=0, truncation=None, batch_size=256):
        """Draw n images.

        Args:
            n: how many, at least 1.
            labels: one class index or n of them (conditional models only); ``None`` takes the
                classes in turn, so all are equally frequent.
            seed: same seed, same latents; image i does not depend on n.
            truncation: draw each latent value from the normal cut off at +-truncation
                (Brock et al. 2019): fewer odd samples, less variety. ``None`` = no cut.

        Returns:
            uint8 [n, size, size, channels].

        Raises:
            InputError: n < 1, labels of the wrong number or range or on an unconditional model,
                truncation not positive.
        """
        latents = self.latents(n, seed, truncation)
        labels = self.labels_for(n, labels)
        latents = self.place(latents, labels, truncation)
        return self.decode(latents, labels, batch_size=batch_size)

    def place(self, latents, labels, truncation=None):
        """Standard normal latents -> latents of the distribution that images are drawn from.

        ``truncation`` is the cut that the latents were drawn with.
        """
        return latents

    def decode(self, latents, labels=None, batch_size=256):
        """Latents [n, latent_dim] (and labels [n]) -> uint8 images [n, size, size, channels]."""
        images = []
        for start in range(0, len(latents), batch_size):
            z = latents[start : start + batch_size]
            y = None if labels is None else labels[start : start + batch_size]
            images.append(to_uint8(np.asarray(self.sampler(with_labels(z, y), training=False))))
        return np.concatenate(images)

    def latents(self, n, seed=0, truncation=None):
        """The float32 latents [n, noise_dim] that ``generate`` uses."""
        if n < 1:
            raise InputError(f"n = {n}: ask for at least 1 image")
        uniform = np.random.default_rng(seed).random((n, self.noise_dim))
        low = 0.0
        if truncation is not None:
            if not truncation > 0:
                raise InputError(f"truncation = {truncation}: expected a positive number or None")
            low = ndtr(-truncation)
        # Through the inverse of the normal distribution function: with or without truncation,
        # the same seed gives latents in the same order. 1e-12 keeps the infinities out.
        uniform = np.clip(low + (1 - 2 * low) * uniform, 1e-12, 1 - 1e-12)
        return ndtri(uniform).astype("float32")

    def labels_for(self, n, labels=None):
        """The int32 labels [n] that ``generate`` uses, or None for an unconditional model."""
        classes = self.config.num_classes
        if not self.conditional:
            if labels is not None:
                raise InputError(
                    "this model is not conditional: leave labels out, or train with num_classes > 0"
                )
            return None
        labels = np.arange(n) % classes if labels is None else np.asarray(labels)
        if labels.ndim == 0:
            labels = np.full(n, labels)
        if labels.shape != (n,):
            raise InputError(f"labels have shape {labels.shape}: expected one label or {n} of them")
        if labels.min() < 0 or labels.max() >= classes:
            raise InputError(
                f"labels must lie in 0..{classes - 1}, got {labels.min()}..{labels.max()}"
            )
        return labels.astype("int32")


def with_labels(x, labels):
    """Network input: ``x`` alone, or ``[x, labels]`` where there are labels."""
    return x if labels is None else [x, labels]
