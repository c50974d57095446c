"""Batches as a pure function of (seed, step): permutations, resuming, the crossing of ranges."""

from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodimg_lib.data import to_model
from prodimg_lib.data.batches import batches
from prodimg_lib.errors import InputError

N = 12
# Image i is filled with level 20 i: a batch tells which rows it holds.
IMAGES = np.broadcast_to(20 * np.arange(N, dtype=np.uint8)[:, None, None, None], (N, 4, 4, 3))


def rows(batch):
    x = batch[0] if isinstance(batch, tuple) else batch
    return np.rint((x[:, 0, 0, 0] + 1) * 127.5 / 20).astype(int).tolist()


def read(steps, images=IMAGES, labels=None, **options):
    return list(batches(images, labels, **options).take(steps).as_numpy_iterator())


def test_each_epoch_is_a_permutation_of_its_own():
    found = read(9, batch_size=4)
    epochs = [[*chain(*map(rows, found[i : i + 3]))] for i in (0, 3, 6)]
    for epoch in epochs:
        assert sorted(epoch) == list(range(N))
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0]  # equal by chance: 3 in 12! = 5e8
    assert list(range(N)) not in epochs


def test_incomplete_batch_is_dropped():
    found = [rows(batch) for batch in read(6, batch_size=5)]
    assert all(len(batch) == 5 for batch in found)
    for i in (0, 2, 4):  # two batches an epoch: ten different rows, two left out
        assert len(set(found[i] + found[i + 1])) == 10
    left_out = [set(range(N)) - set(found[i] + found[i + 1]) for i in (0, 2, 4)]
    assert left_out[0] != left_out[1] or left_out[1] != left_out[2]  # not the same ones for ever


@settings(max_examples=12)
@given(
    n=st.integers(1, N), size=st.integers(1, N), start=st.integers(0, 40), seed=st.integers(0, 9)
)
def test_resuming_continues_the_very_same_sequence(n, size, start, seed):
    size = min(size, n)
    whole = read(start + 5, IMAGES[:n], batch_size=size, seed=seed)
    later = read(5, IMAGES[:n], batch_size=size, seed=seed, start_step=start)
    np.testing.assert_array_equal(whole[start:], later)


def test_resuming_far_into_training_starts_at_once():
    found = read(3, batch_size=4, start_step=3 * 10**12)
    assert sorted(chain(*map(rows, found))) == list(range(N))


def test_seed_decides():
    one, again, other = ([rows(b) for b in read(3, batch_size=4, seed=s)] for s in (1, 1, 2))
    assert one == again
    assert one != other


def test_labels_stay_with_their_images():
    labels = np.arange(N) * 7 + 3
    for batch in read(6, labels=labels, batch_size=4):
        x, y = batch
        assert y.dtype == np.int32
        assert y.tolist() == labels[rows(batch)].tolist()
        assert x.shape == (4, 4, 4, 3)


def test_values_are_those_of_to_model_bit_by_bit():
    """Also within the compiled graph, where a division may become a multiplication."""
    images = np.arange(256, dtype=np.uint8).reshape(256, 1, 1, 1)
    labels = np.arange(256)
    ((x, y),) = read(1, images, labels, batch_size=256)
    assert x.dtype == np.float32
    np.testing.assert_array_equal(x, to_model(images)[y])
    assert (x.min(), x.max()) == (-1, 1)


def test_too_few_images():
    assert len(read(2, batch_size=N)) == 2
    with pytest.raises(InputError, match=r"^12 images do not fill one batch of 13: .*batch size$"):
        batches(IMAGES, batch_size=N + 1)
    with pytest.raises(InputError, match="0 images do not fill one batch of 1"):
        batches(IMAGES[:0], batch_size=1)
    for size in (0, -4):
        with pytest.raises(InputError, match=f"batch_size = {size}: expected at least 1"):
            batches(IMAGES, batch_size=size)


def test_images_already_scaled_are_refused():
    """Scaled a second time they would all be black, and training would seem to run."""
    with pytest.raises(InputError, match="images are float32: expected uint8"):
        batches(to_model(IMAGES), batch_size=4)


@pytest.mark.parametrize("n", [N - 1, N + 1])
def test_labels_of_another_number_are_refused(n):
    with pytest.raises(InputError, match=f"{n} labels for 12 images"):
        batches(IMAGES, np.zeros(n, int), batch_size=4)
