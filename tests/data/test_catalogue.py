import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodimg_lib.data.catalogue import FACTORS, SIZES, TYPES, render, render_factors, sample_factors
from prodimg_lib.errors import InputError

MIDDLE = {
    **{name: (low + high) / 2 for name, (low, high) in FACTORS.items()},
    "hue": 0.6,
    "accent": 0.8,
}


def one_of_each(**changes):
    """Factors of one ordinary product per type, with some factors changed."""
    return {"type": np.arange(len(TYPES)), **MIDDLE, **changes}


def product_mask(images):
    """Pixels clearly off the white ground."""
    return images.min(axis=-1) < 235


def test_contract_of_the_sample():
    factors = sample_factors(103, seed=1)
    assert set(factors) == {"type", *FACTORS}
    assert factors["type"].dtype == np.int64
    counts = np.bincount(factors["type"], minlength=len(TYPES))
    assert counts.max() - counts.min() <= 1
    assert (np.diff(factors["type"]) < 0).any(), "labels are shuffled"
    for name, (low, high) in FACTORS.items():
        column = factors[name]
        assert column.dtype == np.float64
        assert column.shape == (103,)
        assert low <= column.min() < column.max() <= high


def test_sample_of_some_types():
    factors = sample_factors(9, seed=0, types=["mug", "dress"])
    labels, counts = np.unique(factors["type"], return_counts=True)
    assert [TYPES[i] for i in labels] == sorted(("mug", "dress"), key=TYPES.index)
    assert sorted(counts) == [4, 5]


def test_same_seed_same_pixels():
    first, factors = render(20, seed=7)
    again, same = render(20, seed=7)
    other, _ = render(20, seed=8)
    assert np.array_equal(first, again)
    assert all(np.array_equal(factors[k], same[k]) for k in factors)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("size", SIZES)
def test_contract_of_the_images(size):
    images, _ = render(20, size=size, seed=3)
    assert images.shape == (20, size, size, 3)
    assert images.dtype == np.uint8
    corners = images[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert corners.min() >= 245


def test_an_image_depends_on_its_own_factors_only():
    images, factors = render(130, size=28, seed=5)
    order = np.random.default_rng(0).permutation(130)[:40]
    assert np.array_equal(
        render_factors({k: v[order] for k, v in factors.items()}, 28), images[order]
    )
    for i in order[:10]:
        alone = render_factors({k: v[i : i + 1] for k, v in factors.items()}, 28)
        assert np.array_equal(alone[0], images[i])


def test_every_type_is_there_and_inside_the_frame():
    low, high = (
        {k: FACTORS[k][i] for k in ("width", "height", "detail", "rotation")} for i in (0, 1)
    )
    for extreme in (low, high):
        mask = product_mask(render_factors(one_of_each(**extreme)))
        share = mask.mean(axis=(1, 2))
        assert (share > 0.08).all(), dict(zip(TYPES, share, strict=True))
        assert (share < 0.75).all(), dict(zip(TYPES, share, strict=True))
        border = np.concatenate([mask[:, 0], mask[:, -1], mask[:, :, 0], mask[:, :, -1]], axis=1)
        assert not border.any(), [TYPES[i] for i in np.flatnonzero(border.any(axis=1))]


def test_a_white_product_is_readable_on_white():
    white = {"saturation": 0.05, "value": 0.97, "hue": 0.1, "accent": 0.0}
    images = render_factors(one_of_each(**white))
    assert (product_mask(images).mean(axis=(1, 2)) > 0.06).all()
    assert (images.min(axis=(1, 2, 3)) < 170).all()


@pytest.mark.parametrize("name", FACTORS)
def test_each_factor_alone_moves_the_image(name):
    low, high = FACTORS[name]
    span = high - low
    a = render_factors(one_of_each(**{name: low + 0.2 * span})).astype(int)
    b = render_factors(one_of_each(**{name: low + 0.8 * span})).astype(int)
    moved = np.abs(a - b).mean(axis=(1, 2, 3))
    assert (moved > 0.3).all(), dict(zip(TYPES, moved.round(2), strict=True))


def test_the_hue_is_a_circle():
    a, b = (render_factors(one_of_each(hue=hue)) for hue in (0.0, 1.0))
    assert np.array_equal(a, b)


@pytest.mark.parametrize(("hue", "channel"), [(0.0, 0), (1 / 3, 1), (2 / 3, 2)])
def test_the_hue_is_the_measured_colour(hue, channel):
    images = render_factors(one_of_each(hue=hue, saturation=0.8, value=0.7, accent=0.1))
    for image, mask, name in zip(images, product_mask(images), TYPES, strict=True):
        mean = image[mask].mean(axis=0)
        assert np.argmax(mean) == channel, (name, mean)


@pytest.mark.parametrize("name", ["lamp", "bottle"])
def test_mirrored_light_gives_the_mirrored_image(name):
    factors = {**MIDDLE, "type": [TYPES.index(name)] * 2, "rotation": 0.0}
    left, right = render_factors({**factors, "light_angle": [-45.0, 45.0]}, 64)
    assert np.array_equal(left, right[:, ::-1])
    assert left[:, :32].mean() > left[:, 32:].mean()


def test_the_lit_side_follows_the_light():
    left, right = (render_factors(one_of_each(light_angle=a, rotation=0.0)) for a in (-60, 60))
    # Bright where the light comes from: the difference grows from right to left.
    change = left.mean(axis=3) - right.mean(axis=3)
    tilt = change[:, :, :16].mean(axis=(1, 2)) - change[:, :, 16:].mean(axis=(1, 2))
    assert (tilt > 0).all(), dict(zip(TYPES, tilt.round(2), strict=True))


def test_stronger_light_has_more_contrast():
    soft, hard = (render_factors(one_of_each(light_strength=s)) for s in (0.3, 1.0))
    assert (hard.std(axis=(1, 2, 3)) != soft.std(axis=(1, 2, 3))).all()
    assert hard[product_mask(hard)].std() > soft[product_mask(soft)].std()


def test_sizes_show_the_same_picture():
    small, large = (render_factors(one_of_each(), size).astype(float) for size in (32, 64))
    halved = large.reshape(len(TYPES), 32, 2, 32, 2, 3).mean(axis=(2, 4))
    assert np.abs(small - halved).mean() < 3


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, len(TYPES) - 1),
    st.fixed_dictionaries({k: st.floats(low, high) for k, (low, high) in FACTORS.items()}),
)
def test_any_factors_in_range_give_a_picture(label, factors):
    with np.errstate(all="raise", under="ignore"):
        image = render_factors({"type": label, **factors}, 28)
    assert image.shape == (1, 28, 28, 3)
    assert image[0, [0, 0, -1, -1], [0, -1, 0, -1]].min() >= 245
    assert product_mask(image).mean() > 0.04


def test_types_are_separable():
    images, factors = render(1000, seed=11)
    grey = images.mean(axis=-1).reshape(1000, -1) / 255
    labels = factors["type"]
    means = np.stack([grey[:600][labels[:600] == k].mean(axis=0) for k in range(len(TYPES))])
    distance = ((grey[600:, None] - means) ** 2).sum(axis=-1)
    assert (distance.argmin(axis=1) == labels[600:]).mean() > 0.6


def test_progress_is_told():
    told = []
    render(25, on_progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (25, 25)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sample_factors(0), "n is 0"),
        (lambda: sample_factors(2.5), "n is 2.5"),
        (lambda: sample_factors(3, seed=-1), "seed is -1"),
        (lambda: sample_factors(3, types=["mug", "sofa"]), "'sofa'.*choose from t-shirt"),
        (lambda: sample_factors(3, types=[]), "types is empty"),
        (lambda: render(3, size=48), "size is 48"),
        (lambda: render_factors({"type": 0}), "'hue' is missing"),
        (lambda: render_factors(one_of_each(zoom=1.0)), "'zoom' is unknown"),
        (lambda: render_factors(one_of_each(hue=1.5)), "'hue' is 1.5 at row 0"),
        (lambda: render_factors(one_of_each(hue=float("nan"))), "'hue' is nan"),
        (lambda: render_factors(one_of_each(hue="red")), "not numbers"),
        (lambda: render_factors(one_of_each(hue=[0.1, 0.2])), "'hue' has shape"),
        (lambda: render_factors(one_of_each(type=len(TYPES))), "'type' is 10"),
        (lambda: render_factors(one_of_each(type=0.5)), "whole number"),
        (lambda: render_factors(one_of_each(type=np.array([], int))), "empty"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(InputError, match=words):
        call()
