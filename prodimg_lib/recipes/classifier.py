"""Train and ship a product classifier: ``python -m prodimg_lib.recipes.classifier NAME``.

Writes ``NAME-classifier.weights.h5`` and its card ``NAME-classifier.json`` beside this file.
"""

import argparse
import os


def train(name, epochs, seed):
    """Train on the source's training split, score on its test split, write weights and card."""
    import keras
    import numpy as np
    import tensorflow as tf

    from prodimg_lib import weights
    from prodimg_lib.data import load
    from prodimg_lib.metrics.features import build_classifier

    keras.utils.set_random_seed(seed)
    data = load(name)
    model = build_classifier(data.size, data.channels, data.num_classes)
    images = keras.Input((data.size, data.size, data.channels))
    # Products face either way.
    training = keras.Model(images, model(keras.layers.RandomFlip("horizontal")(images))[1])
    steps = epochs * (len(data.images) // 128)
    training.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(2e-3, steps), weight_decay=1e-3
        ),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    batches = (
        tf.data.Dataset.from_tensor_slices((data.images, data.labels))
        .shuffle(len(data.images), seed=seed)
        .batch(128, drop_remainder=True)
        .map(lambda x, y: (tf.cast(x, tf.float32), y))
        .prefetch(2)
    )
    training.fit(batches, epochs=epochs, verbose=2)

    logits = model.predict(data.test_images.astype("float32"), batch_size=500, verbose=0)[1]
    accuracy = float(np.mean(logits.argmax(1) == data.test_labels))
    card = weights.ship(
        "classifier",
        name,
        model,
        command=f"python -m prodimg_lib.recipes.classifier {name} --epochs {epochs} --seed {seed}",
        seed=seed,
        epochs=epochs,
        test_accuracy=round(accuracy, 4),
        test_images=len(data.test_images),
        train_images=len(data.images),
        size=data.size,
        channels=data.channels,
        class_names=list(data.class_names),
        trained_on=data.origin,
    )
    print(f"test accuracy {accuracy:.4f}, {card['bytes'] / 1e6:.2f} MB, {card['weights']}")


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=["fashion-mnist", "catalogue"])
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    train(options.name, options.epochs, options.seed)
