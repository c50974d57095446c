"""Near duplicates: all pairs, by brute force; saved again, brighter, another picture."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from prodimg_lib.data import duplicates, prepare_image
from prodimg_lib.data.duplicates import BITS, COPY, SAME, candidates, differences, fingerprint, join


@pytest.fixture(params=["few", "many"])
def number(request):
    """Few hashes are compared each with each, many by their bands: here as many as a test has."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "many":
            patch.setattr(duplicates, "_FEW", 1)
        yield request.param


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), n=st.integers(0, 60), flips=st.integers(0, 12))
def test_candidates_are_all_pairs_within_the_bits_once_each(number, seed, n, flips):
    rng = np.random.default_rng(seed)
    base = rng.integers(0, 2**63, max(1, n // 4), np.uint64)
    hashes = base[rng.integers(0, len(base), n)]  # clusters, so that there are pairs
    for _ in range(flips):
        hashes ^= np.uint64(1) << rng.integers(0, 64, n, np.uint64)
    found = [
        pair for i, j in candidates(hashes) for pair in zip(i.tolist(), j.tolist(), strict=True)
    ]
    expected = {
        (i, j)
        for i in range(n)
        for j in range(i + 1, n)
        if (int(hashes[i]) ^ int(hashes[j])).bit_count() <= BITS
    }
    assert len(found) == len(set(found))
    assert set(found) == expected


def test_many_equal_hashes_are_compared_in_blocks(number, monkeypatch):
    monkeypatch.setattr(duplicates, "_BLOCK", 7)
    found = {p for i, j in candidates(np.zeros(30, np.uint64)) for p in zip(i, j, strict=True)}
    assert len(found) == 30 * 29 // 2


@given(seed=st.integers(0, 2**32), change=st.floats(0, 60), light=st.integers(-40, 40))
def test_a_sketch_rules_out_strangers_and_nothing_that_is_near(seed, change, light):
    rng = np.random.default_rng(seed)
    n = 12
    coarse = rng.integers(0, 256, (n, 4, 4, 3)).repeat(4, 1).repeat(4, 2)
    first = np.clip(
        coarse * rng.uniform(0, 1, (n, 1, 1, 1)) + rng.normal(0, 9, coarse.shape), 0, 255
    )
    other = np.clip(first + light + rng.normal(0, 1, first.shape) * change, 0, 255)
    thumbs = np.concatenate([first, other]).astype(np.uint8)
    sketches = duplicates.Sketches(len(thumbs))
    sketches.keep(np.arange(len(thumbs)), thumbs)
    i, j = np.triu_indices(len(thumbs), 1)
    plain, centred = differences(thumbs[i], thumbs[j])
    possible = sketches.possible(i, j, COPY, SAME)
    assert possible[(plain <= COPY) | (centred <= SAME)].all()


def test_of_strangers_a_sketch_leaves_next_to_none():
    rng = np.random.default_rng(0)
    thumbs = rng.integers(0, 256, (60, 4, 4, 3), np.uint8).repeat(4, 1).repeat(4, 2)
    sketches = duplicates.Sketches(60)
    sketches.keep(np.arange(60), thumbs)
    i, j = np.triu_indices(60, 1)
    assert sketches.possible(i, j, COPY, SAME).mean() < 0.01


def test_join_is_transitive():
    groups = join(6, np.array([0, 4]), np.array([3, 3]))
    assert groups[0] == groups[3] == groups[4]
    assert len(set(groups.tolist())) == 4


def scene(seed):
    rng = np.random.default_rng(seed)
    soft = Image.fromarray(rng.integers(0, 256, (6, 8, 3), np.uint8)).resize((400, 300))
    pixels = np.asarray(soft) + rng.normal(0, 5, (300, 400, 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def saved_again(image, tmp_path, quality=40, scale=0.5):
    small = image.resize((int(image.width * scale), int(image.height * scale)))
    small.save(tmp_path / "again.jpg", quality=quality)
    return tmp_path / "again.jpg"


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("size", [28, 64])
def test_what_is_a_copy_and_what_is_the_same(tmp_path, seed, size):
    image = scene(seed)
    bits, thumb = fingerprint(prepare_image(image, size))

    def apart(other):
        their_bits, their_thumb = fingerprint(prepare_image(other, size))
        return int(np.bitwise_count(bits ^ their_bits)), *differences(thumb, their_thumb)

    far, plain, _ = apart(saved_again(image, tmp_path))
    assert far <= BITS
    assert plain < COPY
    far, plain, centred = apart(ImageEnhance.Brightness(image).enhance(0.88))
    assert far <= BITS
    assert plain > COPY  # not dropped, but never separated
    assert centred < SAME
    assert apart(scene(seed + 100))[2] > SAME


def test_two_plain_pictures_are_not_the_same():
    """Nothing to tell them by but their level: that must count, and the hash says nothing."""
    one, two = (np.full((64, 64, 1), level, np.uint8) for level in (100, 110))
    (bits, a), (others, b) = fingerprint(one), fingerprint(two)
    assert bits == others
    assert differences(a, b)[0] > COPY
    assert differences(a, a) == (0, 0)
