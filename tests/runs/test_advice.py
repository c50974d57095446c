"""Advice: each weakness of the table is named, with the setting to change."""

from types import SimpleNamespace

import pytest

from prodimg_lib.runs.advice import advice
from prodimg_lib.runs.config import RunConfig
from tests.samples import product_images


def healthy():
    """A table in which nothing stands out."""
    return {
        "fd_product": {"value": 3.0, "floor": 2.0, "n": 2000, "d": 64},
        "similarity": {"value": 0.31, "floor": 0.30},
        "precision": {"value": 0.9},
        "recall": {"value": 0.85},
    }


def advise(table, steps=20_000, findings=()):
    model = SimpleNamespace(
        ADVERSARIAL=True,
        ADVICE={},
        step=SimpleNamespace(value=steps),
        config=SimpleNamespace(width=32, g_learning_rate=1e-3),
    )
    return advice(
        table,
        model=model,
        config=RunConfig(train={"batch_size": 64}),
        data=product_images(),
        findings=findings,
    )


def colours(share):
    return {"value": share, "uncertainty": 0.01, "floor": 0.97, "n": 2000}


LOST = {"colour_coverage": colours(0.6), "chroma": {"value": 4.0, "floor": 10.0}}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "No weakness stands out"),
        ({"fd_product": {"value": 3.0, "floor": 2.0, "n": 300, "d": 64}}, "Only 300 images"),
        ({"fd_product": {"value": 90.0, "floor": 2.0, "n": 2000, "d": 64}}, "wider network"),
        ({"similarity": {"value": 0.5, "floor": 0.3}}, "more alike than real"),
        (LOST, "60% of the real images' colours are made, where other real images show 97%"),
        (LOST | {"colour_coverage": colours(0.9)}, "No weakness stands out"),
        ({"recall": {"value": 0.3}}, "many real products are never made"),
        ({"precision": {"value": 0.3}}, "--truncation"),
        (
            {"class_accuracy": {"per_class": {"bag": {"value": 0.2, "floor": 0.9}}}},
            "bag is recognised in only 20%",
        ),
        ({"reconstruction_psnr": {"value": 12.0}}, "12.0 dB"),
    ],
)
def test_advice_names_the_weakness(change, words):
    found = advise(healthy() | change)
    assert len(found) == 1
    assert words in found[0]


def test_advice_for_a_short_run_is_to_train_on():
    table = healthy() | {"fd_product": {"value": 90.0, "floor": 2.0, "n": 2000, "d": 64}}
    assert "Train longer first" in advise(table, steps=300)[0]


def test_a_floor_at_another_n_is_not_taken_for_one_at_the_same():
    """From half the images the floor is twice as high; the ratio counts what it is at full n."""
    fd = {"value": 30.0, "floor": 4.0, "n": 2000, "d": 64}
    assert "No weakness" in advise(healthy() | {"fd_product": fd | {"floor_n": 2000}})[0]
    found = advise(healthy() | {"fd_product": fd | {"floor_n": 1000}}, steps=300)
    assert "15 times the floor" in found[0]
    few = fd | {"value": 6.0, "n": 300, "floor_n": 150}
    assert "150 against as many" in advise(healthy() | {"fd_product": few})[0]


def by_kernel(value, floor, uncertainty):
    """A healthy table of photographs: its distance has a floor of 0 but for chance."""
    table = healthy()
    del table["fd_product"]
    facts = {"value": value, "floor": floor, "uncertainty": uncertainty, "n": 190, "d": 1280}
    return {"kernel_distance": facts} | table


def test_a_distance_without_bias_is_measured_by_its_error_where_the_floor_is_chance():
    for floor in (-0.001, 0.0, 0.002):
        assert "No weakness" in advise(by_kernel(0.012, floor, 0.003))[0]
        (found,) = advise(by_kernel(0.15, floor, 0.003), steps=300)
        assert f"The distance is 0.15 where other real images score {floor:.2g}, after" in found
    assert "No weakness" in advise(by_kernel(0.012, 0.002, None))[0]


def test_where_no_distance_was_measured_the_rest_is_advised():
    table = {"similarity": {"value": 0.5, "floor": 0.3}}
    (found,) = advise(table)
    assert "more alike than real" in found


def test_advice_begins_with_what_the_doctor_found():
    finding = {"says": "The discriminator has nearly won.", "advice": "Lower its rate."}
    assert advise(healthy(), findings=[finding]) == [
        "The discriminator has nearly won. Lower its rate."
    ]


def test_advice_for_repetition_names_the_setting():
    (found,) = advise(healthy() | {"similarity": {"value": 0.5, "floor": 0.3}})
    assert "settings.g_learning_rate=0.0005" in found


def test_of_noise_nothing_but_its_distance_is_advised():
    """Low recall, much likeness, bad requests: none of it is a lead where all is noise."""
    bad = {"precision": {"value": 1.0, "withheld": True}, "recall": {"value": 0.0}}
    bad |= {"similarity": {"value": 0.9, "floor": 0.3}, "reconstruction_psnr": {"value": 9.0}}
    (found,) = advise(healthy() | bad)
    assert "nearer to noise than to real ones" in found
    far = {"fd_product": {"value": 90.0, "floor": 2.0, "n": 2000, "d": 64}}
    (found,) = advise(healthy() | bad | far, steps=8)
    assert found.startswith("The distance is 45 times the floor after 8 steps")
