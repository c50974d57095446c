"""Feature extractors: the shipped classifiers, Inception-v3, the cache."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from prodimg_lib import InputError, metrics
from prodimg_lib.metrics import inception


@pytest.fixture(scope="module")
def extractor():
    return metrics.FeatureExtractor("fashion-mnist")


def images(n=12, size=28, channels=1, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, size, size, channels), np.uint8)


@pytest.mark.parametrize("name", ["fashion-mnist", "catalogue"])
def test_shapes_and_probabilities(name):
    extractor = metrics.FeatureExtractor(name)
    for size, channels in ((28, 1), (32, 3), (64, 3)):
        features, probs = extractor(images(5, size, channels))
        assert features.shape == (5, extractor.dim)
        assert probs.shape == (5, len(extractor.class_names))
        assert features.dtype == probs.dtype == np.float64
        assert probs.sum(1) == pytest.approx(np.ones(5))


def test_colour_is_made_grey_as_pillow_does(extractor):
    colour = images(6, channels=3)
    grey = np.stack([np.asarray(Image.fromarray(x).convert("L")) for x in colour])[..., None]
    assert np.array_equal(extractor.features(colour), extractor.features(grey))


def test_batch_size_does_not_matter(extractor):
    one, many = (extractor(images(23), batch_size=size)[0] for size in (1, 23))
    assert one == pytest.approx(many, rel=1e-4, abs=1e-4)  # float32 sums in another order


def test_features_do_not_change_with_company(extractor):
    """Frozen statistics: an image's features must not depend on the rest of its batch."""
    alone = extractor.features(images(1))
    crowd = extractor.features(np.concatenate([images(1), 255 * np.ones_like(images(9))]))
    assert alone[0] == pytest.approx(crowd[0], rel=1e-4, abs=1e-4)


def test_cache(extractor, monkeypatch, tmp_path):
    monkeypatch.setenv("PRODIMG_CACHE", str(tmp_path))
    x, calls = images(), []
    forward = extractor._forward
    monkeypatch.setattr(extractor, "_forward", lambda v: calls.append(len(v)) or forward(v))
    first = extractor(x, cache=True)
    again = extractor(x.copy(), cache=True)
    assert calls == [12]
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    x[0, 0, 0] ^= 1  # one bit of one pixel
    extractor(x, cache=True)
    assert len(calls) == 2
    for path in (tmp_path / "features").iterdir():
        path.write_bytes(b"damaged")
    assert np.array_equal(extractor(images(), cache=True)[0], first[0])
    extractor(images())
    assert len(calls) == 4


@pytest.fixture(scope="module")
def inception_file(tmp_path_factory):
    """A weights file of the right form, with random weights: the real one needs a network."""
    import keras

    keras.utils.set_random_seed(0)
    path = tmp_path_factory.mktemp("inception") / "inception.weights.h5"
    keras.applications.InceptionV3(weights=None).save_weights(path)
    return path


def test_inception_from_a_file(inception_file):
    import keras

    extractor = metrics.InceptionExtractor(inception_file)
    x = images(3)
    features, probs = extractor(x, cache=False)
    assert features.shape == (3, 2048)
    assert probs.shape == (3, 1000)
    # Another route to the same numbers: Keras's own preprocessing and pooling.
    network = keras.applications.InceptionV3(weights=None, include_top=True)
    network.load_weights(inception_file)
    import tensorflow as tf

    big = tf.image.resize(np.repeat(x, 3, -1), (299, 299), "bicubic", antialias=True)
    big = keras.applications.inception_v3.preprocess_input(np.clip(big.numpy(), 0, 255))
    assert probs == pytest.approx(network(big, training=False).numpy(), abs=1e-5)
    assert (extractor.frechet, extractor.kernel) == ("fid", "kid")


def test_inception_refuses_clearly(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"no Inception-v3 weights at .*nowhere.*download"):
        metrics.InceptionExtractor(tmp_path / "nowhere.h5")
    with pytest.raises(InputError, match="weights = None"):
        metrics.InceptionExtractor(None)
    wrong = tmp_path / "wrong.weights.h5"
    wrong.write_bytes(b"not weights")
    with pytest.raises(InputError, match=r"wrong\.weights\.h5 does not hold"):
        metrics.InceptionExtractor(wrong)

    def offline(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setattr("keras.utils.get_file", offline)
    with pytest.raises(InputError, match=r"could not download .*no route.*FD-product"):
        metrics.InceptionExtractor("download")
    assert inception.URL.startswith("https://")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.zeros((2, 28, 28, 1)), "expected uint8"),
        (np.zeros((2, 28, 28), np.uint8), r"\[n, h, w, c\]"),
        (np.zeros((2, 28, 28, 2), np.uint8), r"\[n, h, w, c\]"),
        (np.zeros((0, 28, 28, 1), np.uint8), "at least one"),
    ],
)
def test_bad_images_are_named(extractor, value, words):
    with pytest.raises(InputError, match=words):
        extractor(value)


def test_batch_size_is_checked(extractor):
    with pytest.raises(InputError, match="batch_size = 0"):
        extractor(images(2), batch_size=0)


def test_import_leaves_out_what_is_slow():
    code = "import sys, prodimg_lib.metrics; print({'scipy.stats', 'tensorflow'} & {*sys.modules})"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"


def test_unknown_classifier():
    with pytest.raises(InputError, match="choose one of catalogue, fashion-mnist"):
        metrics.FeatureExtractor("mnist")
