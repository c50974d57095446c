"""A model family in thirty lines: what one more needs to be trained, reported and drawn from."""

import keras
import tensorflow as tf

from prodimg_lib.models.base import GenerativeModel
from prodimg_lib.models.config import NetworkConfig
from prodimg_lib.settings import PositiveFloat, PositiveInt


class ToyConfig(NetworkConfig):
    """``spread``: of the noise around the mean image."""

    latent_dim: PositiveInt = 5
    spread: PositiveFloat = 0.1


@keras.saving.register_keras_serializable("tests")
class Toy(GenerativeModel):
    """The mean image of each class, learned step by step, plus noise of one strength."""

    Config = ToyConfig
    PANELS = (("loss",), ("distance",))

    def __init__(self, config=None, **settings):
        super().__init__(config, **settings)
        c = self.config
        shape = (max(1, c.num_classes), c.size, c.size, c.channels)
        self.mean = self.add_weight(name="mean", shape=shape, initializer="zeros")
        self.trained_for = self.add_weight(name="trained_for", initializer="zeros", trainable=False)
        self._means = [keras.metrics.Mean("loss"), keras.metrics.Mean("distance")]
        self.built = True

    @property
    def sampler(self):
        return self._draw

    def _draw(self, inputs, training=False):
        z, labels = (
            inputs if isinstance(inputs, list) else (inputs, tf.zeros(tf.shape(inputs)[0], "int32"))
        )
        noise = self.config.spread * tf.reduce_mean(z, axis=1)[:, None, None, None]
        return tf.clip_by_value(tf.gather(self.mean.value, labels) + noise, -1.0, 1.0)

    def compile(self, **options):
        super().compile(optimizer=keras.optimizers.SGD(0.1), jit_compile=False)
        self.optimizer.build(self.trainable_variables)

    def compile_from_config(self, config):
        self.compile()

    @property
    def metrics(self):
        return self._means

    def after_training(self, images, labels):
        self.trained_for.assign(len(images))

    def train_step(self, data):
        images, labels = self._unpack(data)
        rows = tf.zeros(tf.shape(images)[0], "int32") if labels is None else labels
        with tf.GradientTape() as tape:
            off = images - tf.gather(self.mean, rows)
            loss = tf.reduce_mean(tf.reduce_sum(tf.square(off), axis=[1, 2, 3]))
        self.optimizer.apply(tape.gradient(loss, [self.mean]), [self.mean])
        self.step.assign_add(1)
        for metric, value in zip(self._means, (loss, tf.sqrt(loss)), strict=True):
            metric.update_state(value)
        return {metric.name: metric.result() for metric in self._means}
