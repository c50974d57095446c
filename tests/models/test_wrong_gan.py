"""The mistakes that a GAN's training step is known for: each must make a test fail."""

import pytest
import tensorflow as tf

from prodimg_lib import GAN, losses
from prodimg_lib.models import base, gan, layers, networks
from tests import test_seeds
from tests.mistakes import must_be_noticed, on_a_batch
from tests.models import test_gan

PLACES = (gan, GAN, networks)
RIGHT_DESCEND = gan.replicas.descend
RIGHT_JUDGE, RIGHT_PENALTY = GAN._judge, GAN._penalty


def one_after_the_other(self, real, labels):
    """The generator answers a discriminator that has moved already."""
    values = self._update_discriminator(real, labels)
    with tf.GradientTape() as tape:
        _, loss = losses.non_saturating(*self._logits(real, self._fakes(labels, 8), labels))
    variables = self.generator.trainable_variables
    slopes = tape.gradient(loss, variables)
    return *values, RIGHT_DESCEND(self.optimizer, slopes, variables)


def average(of, rate):
    """``_average_generator`` over the variables ``of`` a network, with a decay from (d, step)."""

    def wrong(self):
        decay = rate(self.config.ema_decay, tf.cast(self.step.value, tf.float32))
        for old, new in zip(of(self.ema_generator), of(self.generator), strict=True):
            old.assign(new + decay * (old - new))

    return wrong


def ramp(decay, step):
    return tf.minimum(decay, (1.0 + step) / (10.0 + step))


def trained(network):
    return [v for v in network.variables if "moving" not in v.path]


class Sigmoid:
    """A discriminator of probabilities."""

    def __init__(self, right):
        self.right = right

    def __call__(self, *arguments, **options):
        network = self.right(*arguments, **options)
        return networks.keras.Model(network.inputs, tf.keras.ops.sigmoid(network.output))


gan_step = on_a_batch(test_gan.test_step_is_two_gradient_steps_at_the_same_weights)
own_draws = on_a_batch(
    test_seeds.test_no_draw_of_any_step_repeats_another,
    *(GAN, {"augment": ["flip", "flip", "translation", "cutout", "colour"]}, 19),
)
lazy = on_a_batch(test_gan.test_lazy_penalty_acts_on_its_steps_with_the_weight_of_all)
ema = on_a_batch(test_gan.test_average_follows_the_generator_with_its_statistics)
MISTAKES = {
    "one player after the other": ("_update_both", one_after_the_other, gan_step),
    "other fakes for each player": (
        "_fakes",
        lambda self, labels, n, stream="": self.generator(
            base.with_labels(tf.random.normal([n, self.config.latent_dim]), labels), training=True
        ),
        gan_step,
    ),
    "fakes of a generator at rest": (
        "_fakes",
        lambda self, labels, n, stream="": self.generator(
            base.with_labels(layers.step_noise([n, self.config.latent_dim], 0, 0), labels)
        ),
        gan_step,
    ),
    "average without the statistics of the normalisation": (
        "_average_generator",
        average(trained, ramp),
        ema,
    ),
    "average with decay and rate exchanged": (
        "_average_generator",
        average(lambda network: network.variables, lambda d, step: 1.0 - ramp(d, step)),
        ema,
    ),
    "average that starts without a ramp": (
        "_average_generator",
        average(lambda network: network.variables, lambda d, step: d),
        ema,
    ),
    "only real images augmented": (
        "_judge",
        lambda self, images, labels, stream: (
            RIGHT_JUDGE(self, images, labels, stream)
            if stream == gan._AUGMENT_REAL
            else self.discriminator(base.with_labels(images, labels), training=True)
        ),
        own_draws,
    ),
    "real and fake augmented alike": (
        "_judge",
        lambda self, images, labels, stream: RIGHT_JUDGE(self, images, labels, "augment"),
        own_draws,
    ),
    "R1 on fakes": (
        "_penalty",
        lambda self, real, fake, labels: RIGHT_PENALTY(self, fake, real, labels),
        lazy,
    ),
    "penalty at every step with the weight of all": (
        "_penalty",
        lambda self, real, fake, labels: (
            self.config.penalty_interval
            * self.config.penalty_scale
            * losses.r1_penalty(lambda x: self.discriminator([x, labels]), real)
        ),
        lazy,
    ),
    "lazy penalty with the weight of one step": (
        "_penalty",
        lambda self, *batch: RIGHT_PENALTY(self, *batch) / self.config.penalty_interval,
        lazy,
    ),
    "critic steps that move the generator each time": (
        "_update_discriminator",
        lambda self, *batch: (
            self._update_generator(*batch),
            self._update_both(*batch)[:-1],
        )[1],
        on_a_batch(test_gan.test_critic_steps_move_the_generator_only_on_its_turn),
    ),
    "power iteration forgotten in the step": (
        "power_iterate",
        lambda *_: None,
        on_a_batch(
            test_gan.test_a_step_makes_one_power_iteration_of_every_spectral_layer,
        ),
    ),
    "labels that reach no network": (
        "_one_hot",
        lambda label, num_classes: 0.0 * networks.keras.ops.one_hot(label, num_classes),
        on_a_batch(test_gan.test_label_reaches_both_networks),
    ),
    "sigmoid at the end of the discriminator": (
        "discriminator",
        Sigmoid(networks.discriminator),
        on_a_batch(test_gan.test_logits_are_unbounded),
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_noticed(mistake, monkeypatch):
    must_be_noticed(monkeypatch, PLACES, *MISTAKES[mistake])
