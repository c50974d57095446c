"""Run by ``test_replicas.py`` in its own process: devices must be set before TensorFlow starts.

    python -m tests.two_devices

Trains models on one device and on two at the same global batch, and prints a JSON list with, for
each model, the logs of every step and generated images of both runs.
"""

import json

import keras
import tensorflow as tf

from prodimg_lib import GAN, VAE, VQVAE, Flow, InputError
from prodimg_lib.data.batches import batches
from tests.samples import tiny, tiny_images

MODELS = [
    (GAN, {"augment": ("flip", "translation", "cutout")}),
    (GAN, {"loss": "wasserstein", "penalty": "gradient"}),
    (GAN, {"loss": "hinge", "d_normalisation": "spectral"}),
    # With seed 0 a unit comes so near to 0 that rounding decides its side of the kink.
    (GAN, {"loss": "relativistic", "d_normalisation": "batch", "seed": 1}),
    (GAN, {"minibatch_stddev": True}),
    (VAE, {"conditioning": "film", "match_weight": 300.0, "request_weight": 10.0}),
    (VAE, {"free_bits": 2.0, "kl_warmup": 3}),
    (VAE, {"importance_samples": 3}),
    (Flow, {}),
]
STEPS, BATCH = 4, 16


class Log(keras.callbacks.Callback):
    """Keeps the metrics of every step alone."""

    def __init__(self):
        super().__init__()
        self.rows = []

    def on_train_batch_end(self, batch, logs=None):
        self.rows.append({name: float(value) for name, value in logs.items()})
        self.model.reset_metrics()


def train(strategy, kind, settings):
    with strategy.scope():
        model = kind(**tiny(kind), num_classes=2, **settings)
        model.compile()
    log = Log()
    images, labels = tiny_images(64)
    stream = batches(images, labels, batch_size=BATCH, seed=1)
    model.fit(stream, steps_per_epoch=STEPS, verbose=0, shuffle=False, callbacks=[log])
    return {"logs": log.rows, "images": model.generate(4).tolist()}


def main():
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    two = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    results = [
        [train(strategy, kind, settings) for strategy in (tf.distribute.get_strategy(), two)]
        for kind, settings in MODELS
    ]
    refused = []
    for kind, settings in ((GAN, {"critic_steps": 2}), (VQVAE, {})):
        try:
            train(two, kind, settings)
        except InputError as error:
            refused.append(str(error))
    print(json.dumps({"replicas": two.num_replicas_in_sync, "models": results, "refused": refused}))


if __name__ == "__main__":
    main()
