"""Networks of one's own as extractors: registered, passed as they are, and what is refused."""

import numpy as np
import pytest

from prodimg_lib import InputError, metrics
from prodimg_lib.metrics import extractors
from prodimg_lib.metrics.features import Extractor, FeatureExtractor


@pytest.fixture(autouse=True)
def nothing_registered(monkeypatch):
    monkeypatch.setattr(extractors, "_REGISTERED", {})


def images(n=20, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, 16, 16, 3), np.uint8)


def means(x):
    """Mean colour of each quarter: 12 features."""
    return x.reshape(len(x), 2, 8, 2, 8, 3).mean((2, 4)).reshape(len(x), 12) / 255


def test_a_registered_function_judges_images():
    metrics.register_extractor("quarters", means)
    table = metrics.evaluate(images(), images(seed=1), extractor="quarters", halves=4)
    x, y = means(images()), means(images(seed=1))
    facts = table["kernel_distance"]
    assert facts["value"] == pytest.approx(metrics.kernel_distance(x, y, 1)[0])
    assert (facts["network"], facts["features"], facts["d"]) == ("quarters", "quarters", 12)
    assert table["precision"]["value"] == metrics.precision_recall(x, y, 3)[0]
    assert "KD (quarters)" in str(table)
    assert "FID" not in str(table) + table._repr_html_().replace("Not an FID", "")
    assert "inception_score" not in table
    assert "20 images are too few for 12 features (quarters)" in table.notes[0]


def test_a_function_is_an_extractor_as_it_is():
    table = metrics.evaluate(images(), images(seed=1), extractor=means, halves=4)
    named = metrics.register_extractor("quarters", means)
    again = metrics.evaluate(images(), images(seed=1), extractor=named, halves=4)
    assert "KD (means)" in str(table)
    assert table["recall"]["value"] == again["recall"]["value"]
    assert "KD (lambda)" in str(metrics.evaluate(*[images()] * 2, extractor=lambda x: means(x)))


def test_with_images_enough_there_is_a_frechet_distance_behind_the_kernel_distance():
    table = metrics.evaluate(images(120), images(120, seed=1), extractor=means, halves=4)
    assert list(table)[:2] == ["kernel_distance", "frechet_distance"]
    expected = metrics.frechet_distance(means(images(120)), means(images(120, seed=1)))
    assert table["frechet_distance"]["value"] == pytest.approx(expected)
    assert "FD (means)" in str(table)
    assert table.notes == []


def test_a_name_may_be_registered_again_and_then_means_the_new_function():
    metrics.register_extractor("mine", means)
    metrics.register_extractor("mine", lambda x: means(x)[:, :2])
    assert extractors.as_extractor("mine").features(images()).shape == (20, 2)


def test_the_function_gets_small_batches_of_bytes_and_cannot_change_the_images():
    seen = []

    def function(x):
        seen.append((x.dtype, x.shape))
        result = means(x)
        x[:] = 0
        return result

    x = images(50)
    extractor = metrics.register_extractor("greedy", function, batch_size=20)
    assert np.array_equal(extractor.features(x), means(images(50)))
    assert np.array_equal(x, images(50))
    assert seen == [(np.uint8, (n, 16, 16, 3)) for n in (20, 20, 10)]


def test_features_are_kept_only_for_a_version(tmp_path, monkeypatch):
    monkeypatch.setenv("PRODIMG_CACHE", str(tmp_path))
    calls = []

    def function(x):
        calls.append(len(x))
        return means(x)

    for version, expected in ((None, 2), ("1", 1), ("2", 1)):
        calls.clear()
        extractor = metrics.register_extractor("mine", function, version=version)
        first, again = (extractor.features(images(), cache=True) for _ in range(2))
        assert len(calls) == expected, version
        assert np.array_equal(first, again)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: x, r"mine returned shape \(20, 16, 16, 3\) for 20 images: expected \[20, d\]"),
        (lambda x: means(x)[:5], r"shape \(5, 12\) for 20 images"),
        (lambda x: means(x)[:, 0], r"shape \(20,\)"),
        (lambda x: means(x) * np.nan, "mine returned holds NaN or infinity"),
        (lambda x: means(x).astype(complex), "mine returned has type complex128"),
        (lambda x: None, "mine returned has type object"),
        (lambda x: [[1, 2], [3]], "mine returned is not an array"),
        (lambda x: np.zeros((len(x), 0)), "mine returned is empty"),
    ],
)
def test_what_a_function_returns_is_checked(function, words):
    metrics.register_extractor("mine", function)
    with pytest.raises(InputError, match=words):
        metrics.evaluate(images(), images(seed=1), extractor="mine")


def test_as_many_features_for_every_image():
    widths = iter((2, 3))
    extractor = metrics.register_extractor("mine", lambda x: np.ones((len(x), next(widths))))
    with pytest.raises(InputError, match=r"shape \(8, 3\) for 8 images: expected \[8, 2\]"):
        extractor.features(images(40))


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (("mine", 5), {}, "extractor 'mine' is 5: expected a function"),
        (("mine", FeatureExtractor), {}, "expected a function"),
        (("", means), {}, "extractor name = ''"),
        (("a/b", means), {}, "extractor name = 'a/b'"),
        ((7, means), {}, "extractor name = 7"),
        (("catalogue", means), {}, "'catalogue' is taken"),
        (("efficientnet-lite0", means), {}, "'efficientnet-lite0' is taken"),
        (("mine", means), {"version": 3}, "version = 3 of extractor mine"),
        (("mine", means), {"batch_size": 0}, "batch_size = 0"),
    ],
)
def test_what_cannot_be_registered_is_named(arguments, options, words):
    with pytest.raises(InputError, match=words):
        metrics.register_extractor(*arguments, **options)
    assert not extractors._REGISTERED


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("clip", "choose one of catalogue, fashion-mnist, efficientnet-lite0, mine, or register"),
        (3, "extractor = 3: expected a name, a function or an Extractor"),
        (FeatureExtractor, "expected a name, a function or an Extractor"),
    ],
)
def test_other_extractors_are_named(value, words):
    metrics.register_extractor("mine", means)
    with pytest.raises(InputError, match=words):
        metrics.evaluate(images(), images(seed=1), extractor=value)


def test_each_source_has_its_extractor():
    for source, title in (
        ("fashion-mnist", "fashion-mnist classifier"),
        ("catalogue", "catalogue classifier"),
        ("folder", "EfficientNet-Lite0"),
    ):
        assert extractors.for_source(source).title == title
    mine = Extractor()
    assert extractors.as_extractor(mine) is mine
