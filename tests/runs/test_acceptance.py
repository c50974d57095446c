"""Gates: what photographs show passes, a known fault of each kind does not."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from prodimg_lib import InputError
from prodimg_lib.data.images import ProductImages
from prodimg_lib.metrics import extractors, nearest_distances
from prodimg_lib.runs import acceptance
from prodimg_lib.runs.acceptance import Acceptance, from_photographs, parse

NAMES = ("low", "wide")
WHITE = np.array([255.0, 255.0, 255.0])


def product(label, rng, size=32):
    """A dark box on white: low and small, or wide and large, about the middle."""
    image = np.full((size, size, 3), 255, np.uint8)
    height, width = ((6, 10), (12, 24))[label]
    h, w = height + rng.integers(0, 3), width + rng.integers(0, 3)
    top, left = (size - h) // 2 + rng.integers(-1, 2), (size - w) // 2 + rng.integers(-1, 2)
    image[top : top + h, left : left + w] = rng.integers(20, 90, (h, w, 3))
    return image


def shop(n=300, seed=0, source="folder"):
    rng = np.random.default_rng(seed)
    labels = np.arange(n + 60) % 2
    images = np.stack([product(label, rng) for label in labels])
    return ProductImages(
        images=images[:n],
        labels=labels[:n],
        class_names=NAMES,
        test_images=images[n:],
        test_labels=labels[n:],
        source=source,
        origin="made by a test",
    )


class Colours(extractors.Extractor):
    """Pixels as features; knows the two classes by how much is dark."""

    name, title, sha256, class_names = "colours", "colours", None, NAMES

    def _forward(self, images):
        flat = images.reshape(len(images), -1) / 255
        dark = (flat < 0.5).mean(1)
        return flat, np.stack([0.15 - dark, dark - 0.15], 1) * 100


@pytest.fixture
def colours(monkeypatch):
    extractor = Colours()
    monkeypatch.setattr(acceptance, "for_source", lambda *source: extractor)
    return extractor


def test_what_the_photographs_show_is_accepted(colours):
    """Of each gate at least 99 % of those that its limits are from, however many gates there are;
    of other photographs nearly as many.
    """
    data = shop()
    gates = from_photographs(data, NAMES)
    assert list(gates.limits) == list(acceptance.GATES)
    refused = gates.refused(gates.measure(data.images, data.labels), data.labels)
    for name in acceptance.GATES:
        if name != "copy":  # all of them are in the training set
            assert refused[name].mean() <= 0.01
    other = shop(seed=1)
    refused = gates.refused(gates.measure(other.images, other.labels), other.labels)
    assert max(wrong.mean() for wrong in refused.values()) < 0.06


def shifted(image):
    return np.roll(image, 7, axis=0)


def grey_ground(image):
    return np.where(image == 255, np.uint8(225), image)


def enlarged(image):
    return cv2.resize(image[10:22, 4:28], (32, 32), interpolation=cv2.INTER_NEAREST)


def blurred(image):
    return cv2.GaussianBlur(image, (0, 0), 2.5)


def noisy(image):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, image.shape, np.uint8)


def itself(image):
    return image


@pytest.mark.parametrize(
    ("fault", "gate"),
    [
        (shifted, "centring"),
        (grey_ground, "border"),
        (enlarged, "fill"),
        (blurred, "sharpness"),
        (noisy, "sharpness"),
        (itself, "copy"),
    ],
)
def test_a_known_fault_is_refused_by_its_gate(colours, fault, gate):
    data = shop()
    gates = from_photographs(data, NAMES)
    wide = data.images[1::2][:40]
    images = np.stack([fault(image) for image in wide])
    labels = np.ones(len(images), int)
    refused = gates.refused(gates.measure(images, labels), labels)
    assert refused[gate].mean() > 0.9


def test_another_class_than_was_asked_for_is_refused(colours):
    data, other = shop(), shop(seed=1)
    gates = from_photographs(data, NAMES)
    wrong = 1 - other.labels
    refused = gates.refused(gates.measure(other.images, wrong), wrong)
    assert refused["class"].all()
    assert refused["fill"].all()  # each class has limits of its own
    assert (gates.limits["class"][:, 0] <= 0.5).all()


def test_limits_are_percentiles_that_some_photograph_has_by_class_where_there_are_enough():
    values = np.arange(1000.0)
    groups = np.repeat([0, 1], [950, 50])
    low = acceptance._limits("border", values, groups, 3)
    assert low[:, 0].tolist() == [9, 9, 9]  # 1 % of 950, and twice 1 % of all
    assert np.isinf(low[:, 1]).all()
    both = acceptance._limits("fill", values[::-1], None, 1)
    assert both.tolist() == [[4, 995]]
    high = acceptance._limits("centring", np.append(values, np.nan), None, 1)
    assert high.tolist() == [[-np.inf, 990]]


def test_the_limit_of_copies_is_that_of_photographs_held_out(colours):
    data = shop()
    gates = from_photographs(data, NAMES, conditional=False)
    flat = [images.reshape(len(images), -1) / 255 for images in (data.test_images, data.images)]
    near = nearest_distances(*flat)
    assert gates.limits["copy"][0, 0] == pytest.approx(near.min())
    none = replace(data, test_images=data.test_images[:0], test_labels=data.test_labels[:0])
    gates = from_photographs(none, NAMES)
    assert "copy" not in gates.limits
    assert gates.notes == ["The gate copy is open, as no photograph is held out to compare with."]


def test_one_image_is_measured_as_it_is_among_others(colours):
    data = shop()
    gates = from_photographs(data, NAMES)
    together = gates.measure(data.test_images, data.test_labels)
    for i in (0, 5):
        alone = gates.measure(data.test_images[i : i + 1], data.test_labels[i : i + 1])
        assert {k: v[0] for k, v in alone.items()} == {k: v[i] for k, v in together.items()}


def test_without_a_network_or_a_classifier_the_rest_stands_and_a_line_says_so(monkeypatch):
    def none(*source):
        raise InputError("the weights are not here")

    data = shop()
    monkeypatch.setattr(acceptance, "for_source", none)
    gates = from_photographs(data, NAMES)
    assert list(gates.limits) == ["border", "fill", "centring", "sharpness"]
    assert gates.notes == ["The gates class and copy are open, as the weights are not here"]
    off = from_photographs(data, NAMES, chosen={"class": None, "copy": None})
    assert off.notes == []
    general = Colours()
    general.class_names = ()
    monkeypatch.setattr(acceptance, "for_source", lambda *source: general)
    gates = from_photographs(data, NAMES)
    assert "class" not in gates.limits
    assert gates.notes == ["The gate class is open, as no classifier knows these classes."]
    assert "model takes no classes" in from_photographs(data, NAMES, conditional=False).notes[0]


def test_limits_of_a_persons_own_take_their_place(colours):
    chosen = parse(["fill=0.2..0.4", "class=0.7", "centring=0.1", "copy=off"])
    gates = from_photographs(shop(), NAMES, chosen=chosen)
    assert gates.limits["fill"].tolist() == [[0.2, 0.4]] * 2
    assert gates.limits["class"].tolist() == [[0.7, np.inf]] * 2
    assert gates.limits["centring"].tolist() == [[-np.inf, 0.1]] * 2
    assert "copy" not in gates.limits


def test_no_number_is_refused():
    gates = Acceptance({"centring": np.array([[-np.inf, 1.0]])}, WHITE)
    assert gates.refused({"centring": np.array([np.nan, 0.5])}, None)["centring"].tolist() == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("fil=0.2..0.4", "NAME one of border, fill"),
        ("fill", "NAME=LIMIT"),
        ("fill=0.2", r"LOW\.\.HIGH"),
        ("fill=0.4..0.2", r"LOW\.\.HIGH"),
        ("fill=a..b", r"LOW\.\.HIGH"),
        ("class=0.1..0.2", "expected a number or off"),
        ("class=nan", "expected a number"),
        ("border=", "expected a number"),
    ],
)
def test_what_is_no_limit_is_one_line(given, words):
    with pytest.raises(InputError, match=words) as error:
        parse([given])
    assert str(error.value).startswith(f"--gate {given}: ")
