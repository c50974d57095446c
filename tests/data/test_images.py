"""The crossing between uint8 and [-1, 1], and fair subsets."""

import subprocess
import sys
from dataclasses import replace

import ml_dtypes  # bfloat16; comes with TensorFlow
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from prodimg_lib.data import to_model, to_uint8
from prodimg_lib.data.images import ProductImages, luma, subset
from prodimg_lib.errors import InputError

LEVELS = np.arange(256, dtype=np.uint8)


def test_round_trip_is_exact():
    x = to_model(LEVELS)
    assert x.dtype == np.float32
    assert (x[0], x[255]) == (-1, 1)
    np.testing.assert_allclose(x, LEVELS / 127.5 - 1, atol=1e-7)
    found = to_uint8(x)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, LEVELS)


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=0, max_dims=4)))
def test_round_trip_of_any_shape(images):
    np.testing.assert_array_equal(to_uint8(to_model(images)), images)


def test_it_rounds_and_clips():
    step = 2 / 255
    x = np.array([-9, -1, -1 + 0.4 * step, -1 + 0.6 * step, 1 - 0.4 * step, 1, 9, np.inf, -np.inf])
    np.testing.assert_array_equal(to_uint8(x), [0, 0, 0, 1, 255, 255, 255, 255, 0])
    assert to_uint8(x.astype(np.float16)).dtype == np.uint8


@given(st.floats(-1, 1))
def test_no_level_is_further_than_half_a_step(x):
    assert abs(to_model(to_uint8(np.array([x])))[0] - x) <= 1 / 255 + 1e-6


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, bool])
def test_scaling_twice_is_refused(dtype):
    with pytest.raises(InputError, match="expected uint8"):
        to_model(np.zeros((2, 2), dtype))


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, bool, complex, object, str])
def test_only_floats_are_unscaled(dtype):
    """Of whole numbers (scaled before?) all above 1 would turn white."""
    with pytest.raises(InputError, match="expected floats"):
        to_uint8(np.zeros((2, 2), dtype))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ml_dtypes.bfloat16])
def test_every_float_is_unscaled(dtype):
    np.testing.assert_array_equal(to_uint8(np.array([-1, 0, 0.5, 1], dtype)), [0, 128, 191, 255])


@pytest.mark.filterwarnings("error")
def test_what_float32_cannot_hold_is_clipped_in_silence():
    np.testing.assert_array_equal(to_uint8(np.array([-1e300, 1e300])), [0, 255])


def test_nan_is_refused():
    with pytest.raises(InputError, match="NaN"):
        to_uint8(np.array([0.0, np.nan]))


@given(
    counts=st.lists(st.integers(0, 40), min_size=1, max_size=6).filter(sum),
    limit=st.integers(1, 250),
    seed=st.integers(0, 5),
)
def test_subset_is_stratified(counts, limit, seed):
    labels = np.random.default_rng(9).permutation(np.repeat(np.arange(len(counts)), counts))
    rows = np.arange(len(labels))[subset(labels, limit, np.random.default_rng(seed))]
    again = np.arange(len(labels))[subset(labels, limit, np.random.default_rng(seed))]
    np.testing.assert_array_equal(rows, again)
    assert len(rows) == min(limit, len(labels))
    assert (np.diff(rows) > 0).all()  # none twice, order kept
    # In proportion: one share exists of which each class holds its part to within half an image.
    filled = np.array(counts) > 0
    found = np.bincount(labels[rows], minlength=len(counts))[filled]
    n = np.array(counts)[filled]
    assert ((found - 0.5) / n).max() <= ((found + 0.5) / n).min() + 1e-12


def test_subsets_differ_by_seed():
    labels = np.repeat(np.arange(4), 100)
    one, two = (subset(labels, 40, np.random.default_rng(seed)) for seed in (0, 1))
    assert set(one) != set(two)


def test_import_is_cheap():
    code = "import sys, prodimg_lib.data; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert not {"PIL", "pooch", "requests", "platformdirs", "tensorflow", "keras"} & set(loaded)


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))))
def test_luma_is_that_of_pillow(image):
    grey = np.asarray(Image.fromarray(image).convert("L"))[..., None]
    assert np.array_equal(luma(image), grey)
    assert np.array_equal(luma(image[None]), grey[None])


@pytest.mark.parametrize("wrong", [np.zeros((2, 2, 3)), np.zeros((2, 2, 1), np.uint8), np.uint8(3)])
def test_luma_refuses_what_is_no_colour(wrong):
    with pytest.raises(InputError, match=r"expected uint8 \[\.\.\., 3\]"):
        luma(wrong)


def test_the_digest_tells_of_everything_that_is_trained_on_judged_or_chosen_by():
    rng = np.random.default_rng(0)
    part = {
        f"{prefix}images": rng.integers(0, 256, (4, 28, 28, 1)).astype(np.uint8)
        for prefix in ("", "test_", "val_")
    } | {f"{prefix}labels": np.array([0, 1, 0, 1]) for prefix in ("", "test_", "val_")}
    data = ProductImages(**part, class_names=("a", "b"), source="folder", origin="here")
    found = {data.digest, replace(data, class_names=("b", "a")).digest}
    for name, array in part.items():
        found.add(replace(data, **{name: array[::-1].copy()}).digest)
    assert len(found) == 8
