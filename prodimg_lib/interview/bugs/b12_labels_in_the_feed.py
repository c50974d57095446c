"""B12: labels in the feed of an unsupervised model."""

import contextlib
import io
import itertools
import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

ENTRY = "photographs"


def buggy(folder, size, batch):
    feed = tf.keras.preprocessing.image.ImageDataGenerator(
        preprocessing_function=lambda image: image / 127.5 - 1.0
    )
    return feed.flow_from_directory(
        folder, target_size=(size, size), batch_size=batch, class_mode="binary"
    )


def fixed(folder, size, batch):
    feed = keras.utils.image_dataset_from_directory(
        folder, labels=None, image_size=(size, size), batch_size=batch
    )
    return feed.map(lambda images: images / 127.5 - 1.0)


def variant_labels_dropped(folder, size, batch):
    feed = keras.utils.image_dataset_from_directory(
        folder, label_mode="int", image_size=(size, size), batch_size=None
    )
    return feed.map(lambda image, label: image / 127.5 - 1.0).batch(batch).prefetch(1)


def wrong_endless(folder, size, batch):
    feed = tf.keras.preprocessing.image.ImageDataGenerator(
        preprocessing_function=lambda image: image / 127.5 - 1.0
    )
    return feed.flow_from_directory(
        folder, target_size=(size, size), batch_size=batch, class_mode=None
    )


def wrong_images_twice(folder, size, batch):
    feed = tf.keras.preprocessing.image.ImageDataGenerator(
        preprocessing_function=lambda image: image / 127.5 - 1.0
    )
    return feed.flow_from_directory(
        folder, target_size=(size, size), batch_size=batch, class_mode="input"
    )


def wrong_range_lost(folder, size, batch):
    return keras.utils.image_dataset_from_directory(
        folder, labels=None, image_size=(size, size), batch_size=batch
    )


def wrong_one_batch_only(folder, size, batch):
    feed = buggy(folder, size, batch)
    return next(feed)[:1]


def symptom(photographs, seed):
    """Hand the first batch to a discriminator."""
    rng = np.random.default_rng(seed)
    kernel = tf.constant(rng.normal(size=(8 * 8 * 3, 1)), "float32")
    with _folder(rng.integers(0, 256, 6)) as folder:
        first = next(iter(photographs(folder, 8, 4)))
    try:
        tf.reshape(first, (4, -1)) @ kernel
        error = "none"
    except ValueError as raised:
        error = str(raised).splitlines()[0]
    return error != "none", {"length of a batch of 4": len(first), "error": error}


def checks(c):
    size, batch = 6, 4
    colours = c.rng.choice(256, 10, replace=False)
    with _folder(colours) as folder:
        feed = c.call(folder, size, batch)
        batches = list(itertools.islice(iter(feed), 20))
    for images, count in zip(batches, (4, 4, 2), strict=False):
        c.shape("images-only", images, (count, size, size, 3))
    c.shape("one-pass", [len(images) for images in batches], (3,))
    found = np.sort([np.mean(image) for images in batches for image in images])
    c.close("range", found, np.sort(colours) / 127.5 - 1.0, rtol=0, atol=1e-5)


@contextlib.contextmanager
def _folder(colours):
    """Plain photographs of these grey values, in two folders by class; no chatter of loaders."""
    with tempfile.TemporaryDirectory() as path, contextlib.redirect_stdout(io.StringIO()):
        for i, colour in enumerate(colours):
            folder = Path(path, "shoes" if i % 2 else "bags")
            folder.mkdir(exist_ok=True)
            image = np.full((12, 12, 3), colour, "uint8")
            keras.utils.save_img(folder / f"{i}.png", image, scale=False)
        yield path
