"""Cut-outs against known masks: right where they are sure, unsure where they cannot be right."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from prodimg_lib import InputError
from prodimg_lib.data import cutout
from prodimg_lib.data.config import CutOut, PrepareConfig
from prodimg_lib.data.photograph import examine


def product(seed, ground="plain", size=(120, 160)):
    """A striped ellipse on a ground of some kind: uint8 [h, w, 3], and where it truly lies."""
    rng = np.random.default_rng(seed)
    height, width = size
    y, x = np.mgrid[:height, :width]
    cy, cx = height * rng.uniform(0.4, 0.6), width * rng.uniform(0.4, 0.6)
    truth = ((y - cy) / (height * 0.3)) ** 2 + ((x - cx) / (width * 0.25)) ** 2 < 1
    dark, light = np.array([30, 60, 140]), np.array([70, 110, 200])
    stripes = np.where((x // 6 % 2 == 0)[..., None], dark, light)
    if ground == "clutter":
        coarse = rng.integers(0, 256, (20, 27, 3), np.uint8)
        back = np.asarray(Image.fromarray(coarse).resize((width, height))).astype(float)
    else:
        back = np.full((height, width, 3), (205, 190, 170), float)
        back += (x / width * 25)[..., None]  # light from one side
    pixels = np.where(truth[..., None], stripes, back) + rng.normal(0, 4, (height, width, 3))
    return np.clip(pixels, 0, 255).astype(np.uint8), truth


def overlap(mask, truth):
    found = mask > 0.5
    return (found & truth).sum() / (found | truth).sum()


@pytest.mark.parametrize("seed", range(6))
def test_a_product_on_a_plain_ground_is_found(seed):
    image, truth = product(seed)
    mask, confidence = cutout.cut_out(image)
    assert mask.shape == truth.shape
    assert mask.dtype == np.float32
    assert overlap(mask, truth) > 0.93
    assert confidence > CutOut().confidence


def test_what_is_sure_is_right():
    """Over grounds of both kinds: no mask that would be used is a wrong one."""
    found = []
    for seed in range(12):
        for ground in ("plain", "clutter"):
            image, truth = product(seed, ground)
            mask, confidence = cutout.cut_out(image)
            found.append((confidence, overlap(mask, truth)))
    sure = [right for confidence, right in found if confidence >= CutOut().confidence]
    assert len(sure) >= 12
    assert min(sure) > 0.9
    assert any(confidence < CutOut().confidence for confidence, _ in found)


def test_what_is_without_hope_is_not_refined_and_nothing_that_would_be_used_is_lost(monkeypatch):
    import cv2

    least, refined, grab = CutOut().confidence, [], cv2.grabCut
    monkeypatch.setattr(cv2, "grabCut", lambda *a: refined.append(0) or grab(*a))
    used = hopeless = 0
    for seed in range(12):
        for ground in ("plain", "clutter"):
            image, _ = product(seed, ground)
            whole, full = cutout.cut_out(image)
            refined.clear()
            mask, quick = cutout.cut_out(image, least)
            hopeless += not refined
            assert (quick >= least) == (full >= least)
            if refined:
                assert quick == full
                np.testing.assert_array_equal(mask, whole)
            used += quick >= least
    assert used >= 12
    assert hopeless >= 6


@pytest.mark.parametrize("level", [0, 128, 255])
def test_nothing_to_see_is_no_product(level):
    mask, confidence = cutout.cut_out(np.full((60, 80, 3), level, np.uint8))
    assert confidence == 0
    assert (mask == 1).all()


def test_a_texture_over_all_is_no_product():
    pixels = np.random.default_rng(0).integers(0, 256, (90, 90, 3), np.uint8)
    assert cutout.cut_out(pixels)[1] < 0.5


@pytest.mark.parametrize("size", [(3, 3), (4, 200), (200, 5), (1, 1), (2, 1), (1, 300), (900, 4)])
def test_tiny_and_narrow_pictures(size):
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    mask, confidence = cutout.cut_out(pixels)
    assert mask.shape == size
    assert 0 <= confidence <= 1


def test_the_same_picture_the_same_mask():
    image, _ = product(3, "clutter")
    np.testing.assert_array_equal(cutout.cut_out(image)[0], cutout.cut_out(image)[0])


def test_box_has_a_margin_and_white_is_white():
    mask = np.zeros((100, 100), np.float32)
    mask[20:70, 30:50] = 1
    assert cutout.box(mask, margin=0.1) == (25, 15, 55, 75)
    image = np.full((100, 100, 3), 90, np.uint8)
    whole = cutout.on_white(image, mask)
    assert (whole[mask == 0] == 255).all()
    assert (whole[mask == 1] == 90).all()


def test_a_photograph_is_cut_out_scaled_and_left_whole_in_doubt(tmp_path):
    image, _ = product(0)
    Image.fromarray(image).save(tmp_path / "a.png")
    config = PrepareConfig(size=64)
    cut = examine(tmp_path / "a.png", config, "opencv")
    assert cut.box is not None
    white = (cut.image >= 250).all(-1)  # but for the ringing of the filter
    assert white[:2].all()
    assert white[:, :2].all()
    rows = np.flatnonzero((~white).any(1))
    assert 0.75 * 64 < np.ptp(rows) < 64  # it fills the square but for its margin
    unsure = PrepareConfig(size=64, cutout={"confidence": 1.0})
    whole = examine(tmp_path / "a.png", unsure, "opencv")
    assert whole.box is None
    assert whole.confidence == cut.confidence
    plain = examine(tmp_path / "a.png", config, "none")
    assert plain.confidence is None
    np.testing.assert_array_equal(whole.image, plain.image)


@pytest.fixture
def rembg(tmp_path, monkeypatch):
    """A module that stands for rembg, and its model's file: the mask it gives is ``mask``."""
    calls = []

    def remove(image, session, only_mask):
        calls.append((session, only_mask))
        return Image.fromarray((255 * module.mask).astype(np.uint8))

    module = SimpleNamespace(
        remove=remove, new_session=lambda name: name, mask=None, calls=calls, __spec__=object()
    )
    monkeypatch.setitem(sys.modules, "rembg", module)
    monkeypatch.setenv("U2NET_HOME", str(tmp_path))
    monkeypatch.setenv("REMBG_HOME", str(tmp_path / "new"))
    cutout._rembg_session.cache_clear()
    yield module
    cutout._rembg_session.cache_clear()


def test_rembg_is_used_where_its_model_is(rembg, tmp_path):
    assert cutout.method("auto") == "opencv"
    with pytest.raises(InputError, match=r"put its model into .*u2net\.onnx, or choose 'opencv'"):
        cutout.method("rembg")
    (tmp_path / "u2net.onnx").touch()
    assert cutout.method("auto") == cutout.method("rembg") == "rembg"
    assert cutout.method("none") == "none"
    image, truth = product(0)
    rembg.mask = truth
    mask, confidence = cutout.cut_out_with_rembg(image)
    np.testing.assert_array_equal(mask, truth.astype(np.float32))
    assert confidence == 1
    rembg.mask = np.full(truth.shape, 0.5)
    assert cutout.cut_out_with_rembg(image)[1] < 0.05
    rembg.mask = np.zeros(truth.shape)
    assert cutout.cut_out_with_rembg(image)[1] == 0
    assert rembg.calls == [("u2net", True)] * 3


def test_without_rembg_auto_is_opencv(monkeypatch):
    monkeypatch.setitem(sys.modules, "rembg", None)
    monkeypatch.setattr(cutout.importlib.util, "find_spec", lambda name: None)
    assert cutout.method("auto") == "opencv"
