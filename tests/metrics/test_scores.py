"""``evaluate``: every number moves the right way under corruptions that we know."""

import json

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from prodimg_lib import InputError, load, metrics
from prodimg_lib.metrics.features import Extractor
from prodimg_lib.metrics.table import with_error, with_floor
from prodimg_lib.text import text
from tests.samples import tiny_images

N = 400


@pytest.fixture(scope="module")
def data():
    return load("catalogue", limit=2 * N)


@pytest.fixture(scope="module")
def scores(data):
    """The table of each known "generator"; the faithful one gives new photographs."""
    real, labels = data.test_images[:N], data.test_labels[:N]
    new, new_labels = data.test_images[N:], data.test_labels[N:]
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 30, new.shape)
    kept = new_labels < data.num_classes // 2
    few = rng.permutation(N)[:20].repeat(N // 20)
    sets = {
        "faithful": (new, new_labels),
        "blurred": (gaussian_filter(new, (0, 1.5, 1.5, 0)), new_labels),
        "noisy": (np.clip(new + noise, 0, 255).astype(np.uint8), new_labels),
        "half the classes": (new[kept], new_labels[kept]),
        "repeated": (new[few], new_labels[few]),
        "copied": (data.images[:N], data.labels[:N]),
    }
    return {
        name: metrics.evaluate(
            real,
            fake,
            real_labels=labels,
            fake_labels=fake_labels,
            train=data.images,
            extractor="catalogue",
            halves=8,
        )
        for name, (fake, fake_labels) in sets.items()
    }


class Pixels(Extractor):
    """Features of noise that need no network: eight means of columns."""

    name, title, sha256, dim, frechet = "pixels", "pixels", "0" * 64, 8, "fd_product"
    class_names: tuple[str, ...] = ("dark", "bright")

    def _forward(self, images):
        features = images.reshape(len(images), -1, 8).mean(1, dtype=np.float32)
        bright = features.mean(1) - 127.5
        return features, np.stack([-bright, bright], 1)


class Strangers(Pixels):
    """The same features, of a network that does not know these classes."""

    name, title, sha256 = "strangers", "strangers", "1" * 64
    class_names = ()

    def _forward(self, images):
        return super()._forward(images)[0], None


def noise(n, seed):
    return np.random.default_rng(seed).integers(0, 256, (n, 16, 16, 1), np.uint8)


def value(scores, generator, metric):
    return scores[generator][metric]["value"]


def test_new_photographs_score_the_floor(scores):
    """Within four standard errors, or the spread that a small n leaves."""
    for name, facts in scores["faithful"].items():
        slack = max(4 * (facts["uncertainty"] or 0), 0.1 * abs(facts["floor"]), 0.05)
        assert facts["value"] == pytest.approx(facts["floor"], abs=slack), name


@pytest.mark.parametrize("generator", ["blurred", "noisy", "half the classes", "repeated"])
def test_every_corruption_raises_the_distances(scores, generator):
    for metric in ("fd_product", "kernel_distance"):
        assert value(scores, generator, metric) > 1.5 * value(scores, "faithful", metric)


def test_lost_variety_lowers_recall_and_coverage_but_not_precision(scores):
    for generator in ("half the classes", "repeated"):
        for metric in ("recall", "coverage"):
            assert value(scores, generator, metric) < 0.8 * value(scores, "faithful", metric)
        assert value(scores, generator, "precision") > 0.9 * value(scores, "faithful", "precision")


def test_lost_realism_lowers_precision(scores):
    for generator in ("blurred", "noisy"):
        assert value(scores, generator, "precision") < 0.8 * value(scores, "faithful", "precision")


def test_repetition_shows_in_similarity_and_duplicates(scores):
    assert value(scores, "repeated", "similarity") > value(scores, "faithful", "similarity") + 0.05
    assert value(scores, "repeated", "duplicates") == pytest.approx(1 - 20 / N)
    assert value(scores, "faithful", "duplicates") == 0


def test_copies_have_a_perfect_distance_and_only_memorisation_sees_them(scores):
    copied = scores["copied"]
    assert copied["fd_product"]["value"] < 1.5 * copied["fd_product"]["floor"]
    assert copied["precision"]["value"] > 0.8 * copied["precision"]["floor"]
    assert copied["memorisation"]["value"] == 1
    assert value(scores, "faithful", "memorisation") == pytest.approx(0.5, abs=0.15)


def test_dropped_classes_lower_the_inception_score(scores):
    classes = value(scores, "faithful", "inception_score")
    assert value(scores, "half the classes", "inception_score") < 0.6 * classes


def test_every_number_has_what_belongs_beside_it(scores):
    for table in scores.values():
        for name, facts in table.items():
            assert {"value", "uncertainty", "floor", "n", "d", "floor_n"} <= facts.keys(), name
            assert (facts["uncertainty"] is None) == (name == "duplicates")
            assert name in text()["metrics"]
    assert scores["half the classes"]["fd_product"]["n"] < N == scores["noisy"]["fd_product"]["n"]
    assert json.loads(json.dumps(scores["noisy"])) == scores["noisy"]


@pytest.mark.parametrize(
    ("value", "error", "printed"),
    [
        (60.7213, 3.61, "60.7 ± 3.6"),
        (1503.4, 2004.0, "1,503 ± 2,004"),
        (0.91234, 0.0067, "0.9123 ± 0.0067"),
        (0.5, 0.0, "0.5 ± 0"),
        (7.65432, None, "7.654"),
    ],
)
def test_value_and_error_have_the_same_decimals(value, error, printed):
    assert with_error(value, error) == printed


def test_table_prints_in_text_and_html(scores):
    lines = str(scores["noisy"]).splitlines()
    assert len(lines) == 1 + len(scores["noisy"])
    assert any(line.startswith("FD-product") and "±" in line and "64" in line for line in lines)
    html = scores["noisy"]._repr_html_()
    assert html.count("<tr") == len(lines)
    assert "Says nothing about copying" in html


def test_without_training_images_and_labels():
    x, _ = tiny_images(40)
    y, _ = tiny_images(30, seed=1)
    table = metrics.evaluate(x, y, extractor="fashion-mnist", halves=4)
    assert table["fd_product"]["n"] == 30
    assert table["fd_product"]["floor_n"] == 15
    assert "(n 15)" in str(table)
    assert "memorisation" not in table
    assert "class_accuracy" not in table
    outside = metrics.evaluate(x, y, extractor=Strangers(), halves=4)
    assert "inception_score" not in outside
    assert outside["similarity"]["within_classes"] is False


def test_a_floor_at_another_n_says_so_wherever_it_is_printed():
    """A distance is biased by 1 / n: at half the n the floor is twice what it is beside."""
    assert with_floor({"floor": 24.987, "n": 500, "floor_n": 250}) == "24.99 (n 250)"
    assert with_floor({"floor": 24.987, "n": 500, "floor_n": 500}) == "24.99"
    assert with_floor({"floor": 0.5, "n": 500}) == "0.5"
    assert with_floor({"floor": None, "n": 500, "floor_n": 250}) == ""
    table = metrics.evaluate(noise(60, 0), noise(60, 1), extractor=Pixels(), halves=4)
    for name, row, facts in zip(table, table.rows(), table.values(), strict=True):
        assert ("(n 30)" in row[2]) == (facts["floor_n"] == 30) == (facts["d"] == 8), name
    assert table._repr_html_().count("(n 30)") == str(table).count("(n 30)") == 6


def test_real_images_left_over_make_a_floor_of_equal_n():
    """A perfect generator then beats the floor in half of the draws, not in nearly all."""
    wins, draws = 0, 40
    for i in range(draws):
        real, fake = noise(100, 2 * i), noise(50, 2 * i + 1)
        table = metrics.evaluate(real, fake, extractor=Strangers(), halves=4, seed=i)
        facts = table["fd_product"]
        assert facts["n"] == facts["floor_n"] == 50
        wins += facts["value"] < facts["floor"]
    assert abs(wins - draws / 2) < 3 * np.sqrt(draws / 4)


@pytest.mark.parametrize("metric", ["kernel_distance", "recall"])
def test_a_floor_does_not_depend_on_the_order_of_the_photographs(metric):
    """A folder is read class by class: its first half are other classes than its second."""
    dark_then_bright = np.concatenate([noise(40, 0) // 2, 128 + noise(40, 1) // 2])
    table = metrics.evaluate(dark_then_bright, noise(90, 2), extractor=Pixels(), halves=4)
    mixed = np.random.default_rng(3).permutation(dark_then_bright)
    expected = metrics.evaluate(mixed, noise(90, 2), extractor=Pixels(), halves=4)[metric]["floor"]
    apart = metrics.precision_recall(*(Pixels().features(v) for v in np.split(dark_then_bright, 2)))
    assert apart == (0, 0)
    if metric == "recall":
        assert min(table[metric]["floor"], expected) > 0.7
    else:  # in units of the distance between the two
        x, y = (Pixels().features(v) for v in np.split(dark_then_bright, 2))
        gap = metrics.kernel_distance(x, y)[0]
        assert max(abs(table[metric]["floor"]), abs(expected)) < 0.2 * gap


def test_colours_have_a_floor_that_does_not_depend_on_the_order_either():
    red, blue = (np.full((20, 16, 16, 3), c, np.uint8) for c in ((200, 40, 40), (40, 40, 200)))
    real = np.concatenate([red, blue])
    table = metrics.evaluate_pixels(real, np.concatenate([real, real]), halves=4)
    assert table["colour_coverage"]["floor"] == 1


def test_no_share_is_sure_for_lack_of_counterexamples():
    """All halves agree where all images do; the error of 0 that follows would be no error."""
    train, test = noise(60, 0), noise(60, 1)
    labels = Pixels().probabilities(train).argmax(1)
    table = metrics.evaluate(
        test, train, fake_labels=labels, train=train, extractor=Pixels(), halves=4
    )
    assert table["memorisation"]["value"] == 1
    real_labels = Pixels().probabilities(test).argmax(1)
    table |= metrics.evaluate(
        test, test, real_labels=real_labels, fake_labels=real_labels, extractor=Pixels(), halves=4
    )
    assert table["class_accuracy"]["value"] == 1
    sure = metrics.binomial_error(1, 60)
    assert sure == pytest.approx(np.sqrt(60.5 * 0.5 / 62) / 61)
    for name in ("memorisation", "class_accuracy"):
        assert table[name]["uncertainty"] == sure, name
    narrow = noise(60, 1) // 64 + 127  # in the midst of the photographs
    table = metrics.evaluate(noise(60, 0), narrow, extractor=Pixels(), halves=4)
    assert table["recall"]["value"] == 0
    assert table["recall"]["uncertainty"] == pytest.approx(sure)


@pytest.mark.parametrize("which", ["real", "fake", "train"])
@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (np.array(["dark", "bright"] * 5), "type <U6: expected integers, class numbers 0..1"),
        (np.array([1, 2] * 5), "hold 2: expected class numbers 0..1"),
        (np.array([0, 99] * 5), "hold 99"),
        (np.array([0, -1] * 5), "hold -1"),
        (np.array([0.0, np.nan] * 5), "type float64"),
        (np.array([0, None] * 5), "type object"),
        ([[0]] * 9 + [[0, 1]], "different shapes"),
        (np.zeros((10, 1), int), "one for each of 10 images"),
    ],
)
def test_labels_that_are_no_classes_are_named(which, labels, words):
    """They would be scored as requests that were not met: 0.0."""
    arguments = {"real": noise(10, 0), "fake": noise(10, 1), "train": noise(10, 2)}
    with pytest.raises(InputError, match=f"{which}_labels .*{words}"):
        metrics.evaluate(**arguments, extractor=Pixels(), halves=4, **{f"{which}_labels": labels})


def test_labels_of_other_products_need_no_place_among_the_extractors():
    arguments = {"real": noise(40, 0), "fake": noise(40, 1), "halves": 4}
    labels = {"real_labels": np.arange(40) % 5, "fake_labels": np.arange(40) % 5}
    table = metrics.evaluate(**arguments, **labels, extractor=Strangers())
    assert table["similarity"]["within_classes"] is True


def test_four_images_are_enough_for_a_table_without_errors():
    x, _ = tiny_images(8)
    table = metrics.evaluate(x[:4], x[4:], extractor="fashion-mnist")
    assert table["fd_product"]["uncertainty"] is None
    assert "±" not in str(table)


def test_useful_images_train_a_classifier():
    x, labels = tiny_images(300)
    test, test_labels = tiny_images(100, seed=5)
    score = metrics.classification_accuracy_score
    options = {"steps": 250, "batch_size": 32}
    good, spread = score(x, labels, test, test_labels, **options)
    assert good > 0.95
    assert spread == 0
    wrong, _ = score(x, 1 - labels, test, test_labels, **options)
    assert wrong < 0.05


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fake": np.zeros((9, 28, 28, 1))}, "fake images are float64"),
        ({"fake": np.zeros((9, 32, 32, 1), np.uint8)}, "expected one size"),
        ({"fake": np.zeros((3, 28, 28, 1), np.uint8)}, "fake has 3 images"),
        ({"real_labels": np.zeros(5, int)}, "real_labels have shape"),
        ({"train": np.zeros((5, 28, 28, 1), np.uint8)}, "train has 5 images: expected at least 9"),
        ({"utility": True}, "utility needs"),
    ],
)
def test_bad_input_is_named(change, words):
    x, _ = tiny_images(18)
    arguments = {"real": x[:9], "fake": x[9:], "halves": 4, "extractor": Pixels()} | change
    with pytest.raises(InputError, match=words):
        metrics.evaluate(**arguments)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"images": np.zeros((4, 28, 28, 1))}, "images are float64"),
        ({"labels": np.zeros(4, int)}, "lack the classes"),
        ({"labels": np.zeros(3, int)}, "labels of images have shape"),
        ({"labels": np.array(list("abab"))}, "labels of images have type"),
        ({"seeds": ()}, "seeds: expected one"),
        ({"seeds": 3}, "seeds: expected one"),
        ({"batch_size": 0}, "batch_size = 0"),
        ({"test_images": np.zeros((4, 32, 32, 1), np.uint8)}, "expected one size"),
    ],
)
def test_bad_input_of_the_classification_score_is_named(change, words):
    x, labels = tiny_images(4)
    arguments = {"images": x, "labels": labels, "test_images": x, "test_labels": labels} | change
    with pytest.raises(InputError, match=words):
        metrics.classification_accuracy_score(**arguments)


@pytest.mark.parametrize("kind", [Pixels, Strangers])
def test_features_that_are_there_are_not_made_again(kind, monkeypatch, tmp_path):
    """Where more images are generated than there are real ones too, of which some are drawn."""
    extractor = kind()
    real, fake = noise(20, 0), noise(30, 1)
    labels = np.arange(30) % 2
    expected = metrics.evaluate(real, fake, fake_labels=labels, extractor=extractor, halves=4)
    given, seen = extractor(fake), []
    monkeypatch.setenv("PRODIMG_CACHE", str(tmp_path))
    forward = extractor._forward
    monkeypatch.setattr(extractor, "_forward", lambda x: seen.extend(x) or forward(x))
    found = metrics.evaluate(
        real, fake, fake_labels=labels, extractor=extractor, fake_features=given, halves=4
    )
    assert found == expected
    assert np.array_equal(seen, real)
    with pytest.raises(InputError, match="fake_features are of 30 images, fake has 29"):
        metrics.evaluate(real, fake[:29], extractor=extractor, fake_features=given, halves=4)


def test_what_needs_no_network_is_the_same_without_one():
    arguments = {"real_labels": np.arange(40) % 5, "fake_labels": np.arange(40) % 5, "halves": 4}
    whole = metrics.evaluate(noise(40, 0), noise(40, 1), extractor=Strangers(), **arguments)
    part = metrics.evaluate_pixels(noise(40, 0), noise(40, 1), **arguments)
    assert part == {name: whole[name] for name in ("similarity", "duplicates")}


def test_a_second_opinion_is_what_that_network_says_first():
    """Its rows have its name behind theirs, and stand beside the first network's in one table."""
    real, fake, others = (noise(40, seed) for seed in range(3))
    first = metrics.evaluate(real, fake, train=others, extractor=Pixels(), halves=4)
    second = metrics.second_opinion(real, fake, others, Strangers(), halves=4)
    kept = ("fd_product", "kernel_distance", "precision", "recall", "density", "coverage")
    assert [*second] == [f"{name}@strangers" for name in kept]
    for name in kept[1:]:
        assert second[f"{name}@strangers"]["value"] == first[name]["value"]
    first |= second
    titles = [row[0] for row in first.rows()]
    for title in ("KD (pixels)", "Recall", "KD (strangers)", "Recall (strangers)"):
        assert titles.count(title) == 1
    with pytest.raises(InputError, match="expected one shape"):
        metrics.second_opinion(real, fake, others[:30], Strangers())
