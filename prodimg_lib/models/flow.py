"""Flow: a network that says where a noisy image is going, and follows that from noise to image."""

import math
from types import MappingProxyType

import keras
import numpy as np
import tensorflow as tf

from prodimg_lib import diffusion
from prodimg_lib.data.images import to_uint8
from prodimg_lib.errors import InputError
from prodimg_lib.models import inputs, replicas
from prodimg_lib.models.base import GenerativeModel
from prodimg_lib.models.config import FlowConfig
from prodimg_lib.models.layers import step_noise
from prodimg_lib.models.unet import unet
from prodimg_lib.seeds import step_seed

# At t = 1 nothing of x0 follows from a guess of eps: those start a little before, where the signal
# is 0.016 (that of Ho et al. 2020 is 0.006).
_EPS_START = 0.99
_EVALUATION = "of evaluation"  # ends the names of streams that no training step draws from


@keras.saving.register_keras_serializable("prodimg")
class Flow(GenerativeModel):
    """Rectified flow (Liu et al. 2023; Lipman et al. 2023), or diffusion by another target.

    Args:
        config: a ``FlowConfig``, a dict of its fields, or nothing; fields may also be keywords.

    ``fit`` takes float images in [-1, 1], or (images, labels) if ``num_classes > 0``. A step mixes
    each image with noise at a time of its own and descends the mean squared error of the target
    (see ``diffusion``, with the weights that this implies): ``flow`` on the straight path, with
    times by a logit-normal distribution, most in the middle (Esser et al. 2024); ``eps``, ``x0``
    and ``v`` on the cosine path, with uniform times. ``label_dropout`` of the labels are replaced
    by one that means "any", so that ``guidance`` has something to lead away from (Ho & Salimans
    2022). Images come from ``ema_network``, the running average of the network.

    A latent is the noise that an image starts from, of its size, flat.

    Attributes:
        network, ema_network: ``keras.Model``, see ``unet``.
    """

    Config = FlowConfig
    PANELS: tuple[tuple[str, ...], ...] = (("loss",), ("gradient_norm",))
    FIGURES: tuple[str, ...] = ("loss", "gradient_norm")
    ADVICE = MappingProxyType({"blurs": "alike", "implausible": "unguided"})
    DRAWING = ("steps", "guidance")
    REACH = 1.0  # what flows lies in [-REACH, REACH] at t = 0

    def __init__(self, config=None, **settings):
        super().__init__(config, **settings)
        c = self.config
        keras.utils.set_random_seed(c.seed)
        side, _, channels = self.place_shape
        labels = c.num_classes + 1 if c.num_classes else 0  # the last one means "any"
        self.network, self.ema_network = (
            unet(side, channels, c.width, num_labels=labels) for _ in range(2)
        )
        self.ema_network.set_weights(self.network.get_weights())
        self.ema_network.trainable = False
        self.built = True

    @property
    def noising(self):
        """The path from images to noise."""
        return diffusion.STRAIGHT if self.config.target == "flow" else diffusion.COSINE

    @property
    def place_shape(self):
        """(side, side, channels) of what flows: here of an image."""
        return self.config.size, self.config.size, self.config.channels

    @property
    def noise_dim(self):
        return math.prod(self.place_shape)

    @property
    def sampler(self):
        return self._draw

    def shipped(self):
        return self.ema_network

    def after_loading(self):
        self.network.set_weights(self.ema_network.get_weights())

    def objective(self, images, labels, step, stream="", noise=None):
        """Squared error of the target, averaged over the values of each image: [n].

        Args:
            images: float [n, size, size, channels] in [-1, 1].
            labels: int [n], or None for an unconditional model.
            noise: of the shape of ``images``, where each image's path ends; drawn if left out.
                With it the times are uniform, as one step from t = 1 has to be right too.
            step: decides the draws, with the seed of the model.
            stream: ends the names of the streams that are drawn from; only those without one have
                dropped labels, and go through the network in training.
        """
        c, rows = self.config, [tf.shape(images)[0]]
        eps = noise
        if eps is None:
            eps = step_noise([*rows, *images.shape[1:]], c.seed, step, f"noise {stream}")
        if c.target == "flow" and noise is None:
            t = tf.sigmoid(step_noise(rows, c.seed, step, f"times {stream}"))
        else:
            t = replicas.uniform(rows, step_seed(c.seed, step, f"times {stream}"))
        if labels is not None and not stream:
            dropped = replicas.uniform(rows, step_seed(c.seed, step, "dropped labels"))
            labels = tf.where(dropped < c.label_dropout, c.num_classes, labels)
        x = diffusion.add_noise(images, eps, t, self.noising)
        network = self.ema_network if stream else self.network
        prediction = network(_inputs(x, t, labels), training=not stream)
        off = prediction - diffusion.target(c.target, images, eps, t, self.noising)
        return tf.reduce_mean(tf.square(off), axis=[1, 2, 3])

    def train_step(self, data):
        values = self.descend(*self._unpack(data))
        self.step.assign_add(1)
        return self._report(*values)

    def descend(self, images, labels, noise=None):
        """One step of the network on what ``objective`` takes; returns loss and gradient norm."""
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self.objective(images, labels, self.step.value, noise=noise))
        variables = self.network.trainable_variables
        norm = replicas.descend(self.optimizer, tape.gradient(loss, variables), variables)
        self._average_network()
        return loss, norm

    @property
    def flow_step(self):
        """How many steps the network has had."""
        return self.step.value

    def _average_network(self):
        """EMA with ramp-up: early on the decay is small, or a short run would sample its start."""
        step = tf.cast(self.flow_step, tf.float32)
        decay = tf.minimum(self.config.ema_decay, (1.0 + step) / (10.0 + step))
        for average, value in zip(self.ema_network.variables, self.network.variables, strict=True):
            average.assign(value + decay * (average - value))

    def test_step(self, data):
        """The loss of the averaged network, without dropped labels; no gradient."""
        images, labels = self._unpack(data)
        loss = self.objective(images, labels, self.step.value, _EVALUATION)
        return self._report(loss, 0.0)

    def guess(self, x, t, labels=None, guidance=None):
        """(x0, eps), what the averaged network takes ``x`` for at time ``t``: see ``diffusion``.

        Args:
            x: float [n, size, size, channels]; t: number or [n], in 0..1.
            labels: int [n], of a conditional model.
            guidance: in place of the config's.
        """
        t = tf.broadcast_to(tf.cast(t, tf.float32), tf.shape(x)[:1])
        scale = self.config.guidance if guidance is None else guidance
        prediction = self._predict(x, t, labels)
        if scale != 1:
            any_label = tf.fill(tf.shape(t), self.config.num_classes)
            free = self._predict(x, t, any_label)
            prediction = diffusion.guided(prediction, free, scale)
        return diffusion.split(self.config.target, prediction, x, t, self.noising)

    @tf.function(autograph=False, reduce_retracing=True)
    def _predict(self, x, t, labels):
        """As a graph: less than half the time of the layers one by one."""
        return self.ema_network(_inputs(x, t, labels), training=False)

    def _draw(self, latents, training=False, steps=None, guidance=None):
        return self.finish(self._follow(latents, steps, guidance))

    def finish(self, x):
        """Where the flow ended, [n, *place_shape] -> float images in [-1, 1]."""
        return tf.clip_by_value(x, -1.0, 1.0)

    @property
    def start(self):
        """The moment that sampling starts at, nearly 1 or 1."""
        return _EPS_START if self.config.target == "eps" else 1.0

    def _follow(self, latents, steps, guidance):
        """Noise, flat, and labels if there are -> where the flow takes it, in the place shape."""
        z, labels = latents if isinstance(latents, list) else (latents, None)
        c = self.config
        x = tf.reshape(tf.convert_to_tensor(z), [-1, *self.place_shape])
        moments = diffusion.times(c.steps if steps is None else steps, self.start)
        clipped, field = self.fields(labels, guidance)
        if c.sampler == "ddim":
            x = diffusion.ddim(clipped, x, moments, self.noising)
        else:
            x = {"euler": diffusion.euler, "heun": diffusion.heun}[c.sampler](field, x, moments)
        return x

    def fields(self, labels, guidance=None):
        """What samplers follow: (x, t) -> (x0, eps) for ``ddim``, (x, t) -> velocity for others."""

        def guess(x, t):
            return self.guess(x, t, labels, guidance)

        def clipped(x, t):  # to where images are, as Ho et al. (2020) do
            x0 = tf.clip_by_value(guess(x, t)[0], -self.REACH, self.REACH)
            signal, noise = self.noising.levels(t)
            return x0, (x - signal * x0) / noise

        def field(x, t):
            x0, eps = guess(x, t)
            return diffusion.velocity(x0, eps, t, self.noising)

        return clipped, field

    def generate(
        self,
        n,
        labels=None,
        seed=0,
        truncation=None,
        batch_size=256,
        *,
        steps=None,
        guidance=None,
    ):
        """Draw n images; as ``GenerativeModel.generate``, and:

        Args:
            steps: of the sampler, at least 1; None = the config's. More are slower and follow the
                flow more closely.
            guidance: 1 = as trained, 0 = as without labels, above 1 more typical of its class
                and less varied, for twice the time; None = the config's.

        Raises:
            InputError: as there; steps below 1, guidance below 0, or another than 1 for a model
                without labels or label dropout; truncation, which a flow has not.
        """
        inputs.truncation(truncation)
        if truncation is not None:
            raise InputError(
                f"truncation = {truncation}: a flow has none, as its noise is a whole image; for "
                "more typical images set guidance above 1"
            )
        latents, labels = self.latents(n, seed), self.labels_for(n, labels)
        return self.decode(latents, labels, batch_size, steps=steps, guidance=guidance)

    def decode(self, latents, labels=None, batch_size=256, *, steps=None, guidance=None):
        """Noise [n, size * size * channels] (and labels [n]) -> uint8 images.

        Raises:
            InputError: as ``GenerativeModel.decode``; steps and guidance as in ``generate``.
        """
        latents = inputs.latents(latents, self.noise_dim)
        labels = inputs.labels(labels, len(latents), self.config)
        steps = None if steps is None else inputs.whole("steps", steps, 1)
        if guidance is not None:
            guidance = inputs.number("guidance", guidance, 0.0)
            if problem := self.config.lacks_for(guidance):
                raise InputError(problem)
        images = []
        for rows in inputs.rows(len(latents), batch_size):
            x = latents[rows] if labels is None else [latents[rows], tf.constant(labels[rows])]
            images.append(to_uint8(np.asarray(self._draw(x, False, steps, guidance))))
        return np.concatenate(images)


def _inputs(x, t, labels):
    return [x, t] if labels is None else [x, t, labels]
