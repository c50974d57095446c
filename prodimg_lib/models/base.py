"""What the model families share, and what a family says of itself."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from scipy.special import ndtr, ndtri

from prodimg_lib.data.images import to_uint8
from prodimg_lib.errors import InputError
from prodimg_lib.models import inputs
from prodimg_lib.models.config import NetworkConfig
from prodimg_lib.settings import parse


class GenerativeModel(keras.Model):
    """A ``keras.Model`` made from a config, trained with ``fit``, saved whole with ``save``.

    A family is a subclass and a line in ``families.MODELS``. It sets ``Config``, builds its
    networks in ``__init__`` and defines ``sampler``, the network that maps latents (and labels) to
    images. The rest of the library asks the class, never its name:

    - ``FIGURES``: what a training step reports, in order;
    - ``PANELS``: those that a run's report draws, a tuple for each picture;
    - ``ENCODES``: whether photographs have latents, so that they can be reconstructed and scored
      (see ``Autoencoder``);
    - ``ADVERSARIAL``: whether two players train each other, which the training doctor watches;
    - ``DRAWING``: what ``generate`` can be asked for beside number, labels and seed;
    - ``WALKS``: whether a latent between two latents means an image (see ``between``);
    - ``ADVICE``: names of advice that has other words for this family, and of those words;
    - ``before_training``: what it learns of the images first, once;
    - ``after_training``: what is left to do when training ends or pauses to save;
    - ``shipped``: the part whose weights ship with the package.

    A file written by ``model.save("x.keras")`` holds networks, averaged weights, optimizer slots
    and the step counter; as all training noise is a pure function of (seed, step), that is
    everything a resume needs.
    """

    Config: type[NetworkConfig]
    FIGURES: tuple[str, ...] = ()
    PANELS: tuple[tuple[str, ...], ...] = (("loss",),)
    ENCODES = False
    ADVERSARIAL = False
    DRAWING: tuple[str, ...] = ("truncation",)
    WALKS = True
    ADVICE: Mapping[str, str] = MappingProxyType({})

    config: Any  # of the class ``Config``

    def __init__(self, config=None, *, name=None, trainable=True, dtype=None, **settings):
        super().__init__(name=name, trainable=trainable, dtype=dtype)
        for policy in (self.dtype_policy, keras.config.dtype_policy()):  # its own, its networks'
            inputs.single_precision(policy)
        if isinstance(config, self.Config) and not settings:
            self.config = config
        else:
            values = config.model_dump() if isinstance(config, self.Config) else config or {}
            self.config = parse(self.Config, {**values, **settings}, type(self).__name__)
        self.step = self.add_weight(
            name="step",
            shape=(),
            dtype="int64",
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
        )
        self._means = [keras.metrics.Mean(name) for name in self.FIGURES]

    def compile(self, optimizer=None, **options):
        """Set the optimizer (Adam at the config's rate by default) and build its slots."""
        super().compile(
            optimizer=optimizer or keras.optimizers.Adam(self.config.learning_rate),
            **{"jit_compile": False, **options},
        )
        # An optimizer that is not built when a file is loaded skips its slots with only a warning.
        self.optimizer.build(self.optimized)

    @property
    def optimized(self):
        """The variables that ``optimizer`` moves; its slots are for these alone."""
        return self.trainable_variables

    def get_compile_config(self):
        return {"optimizer": keras.saving.serialize_keras_object(self.optimizer)}

    def compile_from_config(self, config):
        self.compile(**{k: keras.saving.deserialize_keras_object(v) for k, v in config.items()})

    @property
    def metrics(self):
        return self._means

    def _report(self, *values):
        for mean, value in zip(self._means, values, strict=True):
            mean.update_state(tf.reduce_mean(value))
        return {mean.name: mean.result() for mean in self._means}

    def state(self):
        """All variables that training changes: weights, averages, step and optimizer slots.

        No property: Keras walks those when it saves.
        """
        return [*self.weights, *self.optimizer.variables]

    def take_over(self, told):
        """Keep what a step reported that was computed elsewhere, ``{name: float}``.

        Returns:
            dict, the means since ``reset_metrics``, as ``fit`` gives them to callbacks.
        """
        for mean in self._means:
            mean.update_state(told[mean.name])
        return {mean.name: float(mean.result()) for mean in self._means}

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

    def shipped(self):
        """The part whose weights ship with the package, a ``keras.Model``.

        No property: Keras walks those when it saves, and would not come back from ``self``.
        """
        return self

    def after_loading(self):
        """Called when ``shipped`` has got its weights."""

    def before_training(self, x):
        """Called when training begins; does nothing in most families.

        Args:
            x: what ``fit`` is given: float images, or batches of them.
        """

    def after_training(self, images, labels):
        """Called when training ends or pauses to save; does nothing in most families.

        Args:
            images: some thousand training images, uint8 [n, size, size, channels].
            labels: int [n], or None for an unconditional model.
        """

    def get_config(self):
        return {"config": self.config.model_dump(), "name": self.name}

    @classmethod
    def from_config(cls, config):
        """A model as ``get_config`` described it; settings that it lacks have their old values."""
        return cls(**config | {"config": cls.Config.BEFORE | config["config"]})

    def call(self, inputs, training=False):
        """Latents (or ``[latents, labels]``) -> images in [-1, 1]."""
        return self.sampler(inputs, training=training)

    def fit(self, *args, **options):
        """As ``keras.Model.fit``, on float images in [-1, 1] or (images, labels).

        Raises:
            InputError: images of another type or size, outside [-1, 1], NaN, or such as the
                likelihood cannot produce; labels that are missing or of no class.
        """
        with inputs.refusals():
            return super().fit(*args, **options)

    def evaluate(self, *args, **options):
        """As ``keras.Model.evaluate``, with the errors of ``fit``."""
        with inputs.refusals():
            return super().evaluate(*args, **options)

    def _unpack(self, data):
        """A batch of ``fit``: images, or (images, labels) -> (images, labels or None)."""
        images, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        return inputs.batch(images, labels, self.config)

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
            InputError: n < 1, a seed that is no whole number, labels of the wrong number, type or
                range or on an unconditional model, truncation not positive.
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
        """Latents [n, latent_dim] (and labels [n]) -> uint8 images [n, size, size, channels].

        Raises:
            InputError: latents of another shape, or NaN; labels as in ``generate``.
        """
        latents = inputs.latents(latents, self.noise_dim)
        labels = inputs.labels(labels, len(latents), self.config)
        return self._images(latents, labels, batch_size)

    def own_classes(self, latents, truncation=None):
        """Latents of ``latents`` without what chooses a class of the model's own, and those [n].

        Most have none: None.
        """
        return latents, None

    def decode_mixed(self, latents, shares):
        """As ``decode``, of images that belong to several classes in shares [n, classes], sum 1.

        Raises:
            InputError: a family that knows no images between classes.
        """
        raise InputError(
            f"a {type(self).__name__} knows nothing between two classes: choose both ends of one "
            "class"
        )

    def _images(self, latents, labels, batch_size):
        """What ``sampler`` makes of checked latents and labels, uint8."""
        images = []
        for rows in inputs.rows(len(latents), batch_size):
            x = with_labels(latents[rows], None if labels is None else labels[rows])
            images.append(to_uint8(np.asarray(self.sampler(x, training=False))))
        return np.concatenate(images)

    def latents(self, n, seed=0, truncation=None):
        """The float32 latents [n, noise_dim] that ``generate`` uses."""
        n, seed = inputs.whole("n", n, 1), inputs.whole("seed", seed, 0)
        truncation = inputs.truncation(truncation)
        low = 0.0 if truncation is None else ndtr(-truncation)
        uniform = np.random.default_rng(seed).random((n, self.noise_dim))
        # Through the inverse of the normal distribution function: with or without truncation,
        # the same seed gives latents in the same order. 1e-12 keeps the infinities out.
        uniform = np.clip(low + (1 - 2 * low) * uniform, 1e-12, 1 - 1e-12)
        return ndtri(uniform).astype("float32")

    def labels_for(self, n, labels=None):
        """The int32 labels [n] that ``generate`` uses, or None for an unconditional model."""
        if labels is None and self.conditional:
            labels = np.arange(n) % self.config.num_classes
        return inputs.labels(labels, n, self.config)


def with_labels(x, labels):
    """Network input: ``x`` alone, or ``[x, labels]`` where there are labels."""
    return x if labels is None else [x, labels]
