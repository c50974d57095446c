"""What was asked for: which class a person means, which draws, and the images of them."""

import re

import numpy as np
import pytest

from prodimg_lib import GAN, VAE, VQVAE, Flow, InputError
from prodimg_lib.runs import requests
from prodimg_lib.runs.requests import class_index
from tests.samples import tiny

NAMES = ["hat", "mug", "shoe"]
FAMILIES = [GAN, VAE, VQVAE, Flow]


def model_of(kind, classes=3):
    return kind(**tiny(kind), size=28, channels=1, num_classes=classes)


@pytest.mark.parametrize(
    ("label", "names", "index"),
    [
        ("1", ["1", "2", "3"], 0),  # the class that is called so, not the second
        ("3", ["1", "2", "3"], 2),
        (1, ["hat", "shoe"], 1),
        ("Hat", ["hat", "shoe"], 0),
        ("shoes", ["Shoes", "shoes"], 1),
        ("Shoes", ["Shoes", "shoes"], 0),
        ("0", ["10", "20"], 0),
        ("\u00e9t\u00e9", ["hiver", "e\u0301te\u0301"], 1),  # as macOS writes it
    ],
)
def test_a_name_comes_before_a_number_and_an_exact_name_before_others(label, names, index):
    assert class_index(label, names) == index


@pytest.mark.parametrize(
    ("label", "names"),
    [
        ("boot", ["hat", "shoe"]),
        ("2", ["hat", "shoe"]),
        ("SHOES", ["Shoes", "shoes"]),
        ("²", ["hat", "shoe", "sock"]),
        ("-1", ["hat", "shoe"]),
        ("", ["hat", "shoe"]),
    ],
)
def test_what_is_no_class_or_two_is_refused_with_the_names(label, names):
    with pytest.raises(
        InputError, match=re.escape(f"unknown class {label!r}: choose one of {names[0]}")
    ):
        class_index(label, names)


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("kind", FAMILIES)
def test_images_are_those_of_generate_whichever_are_asked_for(kind, classes):
    model = model_of(kind, classes)
    drawing = {"truncation": 0.8} if "truncation" in model.DRAWING else {"steps": 2}
    everything = model.generate(7, seed=3, **drawing)
    wanted = requests.wanted(model, 7, [])
    np.testing.assert_array_equal(requests.draw(model, wanted, 3, drawing).images, everything)
    some = requests.draw(model, wanted.rows([5, 1]), 3, drawing)
    np.testing.assert_array_equal(some.images, everything[[5, 1]])
    assert some.index.tolist() == [5, 1]


@pytest.mark.parametrize("kind", [GAN, VAE])
def test_the_images_of_a_class_do_not_depend_on_what_else_is_asked_for(kind):
    model = model_of(kind)
    both = requests.draw(model, requests.wanted(model, 4, [2, 0]), 3, {})
    assert both.labels.tolist() == [2] * 4 + [0] * 4
    assert both.index.tolist() == [0, 1, 2, 3] * 2
    for rows, label in ((slice(4), 2), (slice(4, 8), 0)):
        alone = requests.draw(model, requests.wanted(model, 4, [label]), 3, {})
        np.testing.assert_array_equal(both.images[rows], alone.images)
        np.testing.assert_array_equal(both.images[rows], model.generate(4, label, 3))


def test_a_walk_goes_from_one_named_image_to_another():
    model = model_of(GAN)
    drawn = requests.walk(model, 5, [2, 1], 3, (4, "9:1"), {"truncation": 0.8}, NAMES)
    np.testing.assert_array_equal(drawn.images[0], model.generate(5, 2, 3, 0.8)[4])
    np.testing.assert_array_equal(drawn.images[-1], model.generate(2, 1, 9, 0.8)[1])
    assert (drawn.seeds, drawn.index.tolist(), drawn.labels.tolist()) == (3, [4] * 5, [2] * 5)
    columns = {key: list(values)[-1] for key, values in drawn.columns.items()}
    assert columns == {"to_class": "mug", "to_seed": 9, "to_index": 1, "share": 1}


def test_without_a_class_the_ends_of_a_walk_have_those_that_come_in_turn():
    model = model_of(VAE)
    drawn = requests.walk(model, 3, [], 3, (1, 5), {}, NAMES)
    np.testing.assert_array_equal(drawn.images[[0, -1]], model.generate(6, seed=3)[[1, 5]])
    drawn = requests.walk(model_of(VAE, 0), 3, [], 3, (1, 5), {}, NAMES)
    assert drawn.labels is None
    assert "to_class" not in drawn.columns


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda m: requests.wanted(m, 2, [1, 1]), "one class is given twice"),
        (lambda m: requests.wanted(model_of(GAN, 0), 2, [1]), "not conditional"),
        (lambda m: requests.walk(m, 1, [], 0, (0, 1), {}, NAMES), "-n 1: a walk"),
        (lambda m: requests.walk(m, 4, [0, 1, 2], 0, (0, 1), {}, NAMES), "with 3 classes"),
        (lambda m: requests.walk(m, 4, [], 0, ("x", 1), {}, NAMES), "--between x: .*SEED:INDEX"),
        (lambda m: requests.walk(m, 4, [], 0, ("-1", 1), {}, NAMES), "--between -1"),
        (lambda m: requests.walk(m, 4, [], 0, ("9" * 12, 1), {}, NAMES), "at most 1,000,000"),
        (lambda m: requests.count("-n", 0, 1), "-n 0: expected a whole number, at least 1"),
        (lambda m: requests.count("-n", True, 1), "-n True"),
        (lambda m: requests.count("--seed", -1, 0), "--seed -1"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(call, words):
    with pytest.raises(InputError, match=words) as error:
        call(model_of(GAN))
    assert "\n" not in str(error.value)
