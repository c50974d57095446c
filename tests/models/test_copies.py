"""Few photographs, in colour, 64 px: models draw new products, they do not give back the old."""

import numpy as np
import pytest

from prodimg_lib import GAN, VAE, batches, load, metrics

PHOTOGRAPHS, STEPS = 200, 200
BOUND = 0.1  # at most this share more copies than among held-out photographs


@pytest.fixture(scope="module")
def data():
    return load("catalogue", size=64, limit=PHOTOGRAPHS)


@pytest.fixture(scope="module")
def extractor():
    return metrics.FeatureExtractor("catalogue")


@pytest.fixture(scope="module")
def shares(data, extractor):
    """Images -> the share that is one training photograph again."""
    learned = extractor.features(data.images)
    return lambda images: metrics.memorised_share(extractor.features(images), learned)


def test_copies_are_seen(data, shares):
    noise = np.random.default_rng(0).integers(-2, 3, data.images.shape)
    copies = (data.images.astype(int) + noise).clip(0, 255).astype("uint8")
    assert shares(copies) > 0.9
    assert shares(data.test_images[:500]) < 0.2


@pytest.mark.parametrize("kind", [GAN, VAE])
def test_a_model_of_200_photographs_does_not_copy_them(data, shares, kind):
    assert len(data.images) == PHOTOGRAPHS
    model = kind(size=64, channels=3, num_classes=data.num_classes, width=8)
    model.compile()
    stream = batches(data.images, data.labels, batch_size=32, seed=0)
    model.fit(stream, steps_per_epoch=STEPS, verbose=0, shuffle=False)
    usual = shares(data.test_images[:500])
    assert shares(model.generate(500, seed=1)) < usual + BOUND
