"""Are generated images useful? Train a classifier on them, test it on real ones."""

import numpy as np

from prodimg_lib.errors import InputError
from prodimg_lib.metrics import _check


def classification_accuracy_score(
    images, labels, test_images, test_labels, *, steps=600, batch_size=64, seeds=(0,)
):
    """Accuracy on real images of a classifier trained on these (Ravuri and Vinyals 2019).

    The classifier is the architecture of ``features.build_classifier``, trained from scratch with
    Adam and a learning rate that falls to zero. Read the score beside the same number for as many
    real training images in place of the generated ones. The steps, not the passes, are fixed, so
    that sets of different size get the same training.

    Args:
        images, labels: generated, uint8 [n, s, s, c] and the classes [n] they were made for.
        test_images, test_labels: real and held out.
        steps, batch_size: of the training. 600 of 64 take about 20 s for 28 px on two cores; far
            fewer leave the batch-normalisation averages unsettled.
        seeds: one training each.

    Returns:
        (mean, std) of the accuracy over the seeds, std with ddof 0.

    Raises:
        InputError: images that are not uint8 NHWC or of two kinds, labels that are not one class
            number for each image, a test class that is missing among ``labels``, ``steps`` or
            ``batch_size`` below 1, no seeds.

    What it cannot see: how the images look; a generator may drop everything a classifier ignores.
    """
    images, labels = _labelled("images", images, labels)
    test_images, test_labels = _labelled("test_images", test_images, test_labels)
    if images.shape[1:] != test_images.shape[1:]:
        raise InputError(
            f"images are {images.shape[1:]}, test_images {test_images.shape[1:]}: expected one size"
        )
    missing = sorted(set(test_labels.tolist()) - set(labels.tolist()))
    if missing:
        raise InputError(f"labels lack the classes {missing} of the test images: generate them too")
    _check.count("steps", steps, 1)
    _check.count("batch_size", batch_size, 1)
    seeds = tuple(seeds) if np.ndim(seeds) else ()
    if not seeds:
        raise InputError("seeds: expected one for each training, such as (0,)")
    scores = [
        _train(images, labels, test_images, test_labels, steps, batch_size, seed) for seed in seeds
    ]
    return float(np.mean(scores)), float(np.std(scores))


def _labelled(name, images, labels):
    images = _check.images(name, images, ndims=(4,))
    if images.dtype != np.uint8:
        raise InputError(f"{name} are {images.dtype}: expected uint8 [n, h, w, c]")
    return images, _check.labels(f"labels of {name}", labels, len(images))


def _train(images, labels, test_images, test_labels, steps, batch_size, seed):
    import keras
    import tensorflow as tf

    from prodimg_lib.metrics.features import build_classifier

    keras.utils.set_random_seed(seed)
    network = build_classifier(images.shape[1], images.shape[-1], int(labels.max()) + 1)
    model = keras.Model(network.input, network.output[1])  # logits alone
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(2e-3, steps)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    stream = tf.data.Dataset.from_tensor_slices((images, labels.astype("int32")))
    stream = stream.shuffle(len(images), seed=seed).repeat().batch(batch_size).take(steps)
    model.fit(stream, verbose=0, shuffle=False)
    logits = model.predict(test_images, batch_size=500, verbose=0)
    return float((logits.argmax(1) == test_labels).mean())
