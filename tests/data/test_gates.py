"""Gates: each measure against its closed form, and corruption that each must notice."""

import numpy as np
import pytest
from PIL import ImageFilter

from prodimg_lib.data.config import Gates
from prodimg_lib.data.gates import failed, measure, white_border
from tests.data.shop import scene


def levels(*values):
    """Equal stripes of some grey levels."""
    row = np.repeat(np.array(values, np.uint8), 120 // len(values))
    return np.broadcast_to(row[None, :, None], (90, 120, 3)).copy()


def test_measures_of_stripes_are_known():
    found = measure(levels(10, 10, 50, 200), 400, 100)
    assert found["min_side"] == 100
    assert found["aspect"] == 4
    assert found["brightness"] == 200
    assert found["contrast"] == pytest.approx(np.std([10, 10, 50, 200]))
    assert found["information"] == pytest.approx(1.5)  # 1/2, 1/4, 1/4
    assert measure(levels(7), 9, 9)["information"] == 0
    assert measure(levels(7), 9, 9)["contrast"] == 0
    assert measure(levels(*range(0, 120)), 9, 9)["information"] == pytest.approx(np.log2(120))


def test_sharpness_is_that_of_the_checkerboard():
    """Its Laplacian is +-8 times its deviation within, from the 4 neighbours: 8 = 4 + 4."""
    board = np.indices((90, 120)).sum(0) % 2 * 100 + 50
    image = np.repeat(board[..., None], 3, -1).astype(np.uint8)
    assert measure(image, 9, 9)["sharpness"] == pytest.approx(8, rel=0.02)


def test_sharpness_does_not_depend_on_contrast_and_falls_with_blur():
    image = scene(0, grain=12)
    values = [
        measure(np.asarray(image.filter(ImageFilter.GaussianBlur(r))), 9, 9)["sharpness"]
        for r in (0, 0.5, 1, 2, 6)
    ]
    assert values[:4] == sorted(values[:4], reverse=True)
    assert max(values[3:]) < Gates().blurred
    dimmed = image.point(lambda v: 100 + v // 4)
    assert measure(np.asarray(dimmed), 9, 9)["sharpness"] == pytest.approx(values[0], rel=0.1)


def test_white_border_is_a_share_of_the_rim():
    image = np.full((100, 100, 3), 255, np.uint8)
    assert white_border(image) == 1
    image[30:70, 30:70] = 0  # the product
    assert white_border(image) == 1
    image[:4] = 240  # the upper edge, 400 of 1,536 pixels
    assert white_border(image) == pytest.approx(1 - 400 / 1536)


def test_each_gate_names_what_it_stops():
    good = measure(np.asarray(scene(0)), 400, 300)
    gates = Gates(too_small=64, off_white_border=None)
    assert failed(good, gates) == []
    harm = {
        "too_small": {"min_side": 63.0},
        "odd_aspect": {"aspect": 3.1},
        "blank": {"contrast": 3.9},
        "dark": {"brightness": 59.0},
        "low_information": {"information": 0.7},
        "blurred": {"sharpness": 0.19},
    }
    for gate, change in harm.items():
        assert failed(good | change, gates) == [(gate, *change.values())]
        assert failed(good | change, gates.model_copy(update={gate: None})) == []
    white = Gates(off_white_border=0.9)
    assert failed(good | {"white_border": 0.5}, white) == [("off_white_border", 0.5)]
    assert failed(good | {"white_border": 0.9}, white) == []
