"""Streams of randomness: functions of seed, step and name, and strangers to each other."""

import itertools
from contextlib import contextmanager

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from prodimg_lib import GAN, VAE, VQVAE, Flow, LatentFlow
from prodimg_lib.data.batches import batches
from prodimg_lib.models.augment import AUGMENTATIONS, augment
from prodimg_lib.seeds import draw_seed, fold_in, key, step_seed
from tests.samples import tiny

N = 2000
# A correlation of N independent pairs has standard deviation 1 / sqrt(N); 120 pairs are looked at,
# so five of them are exceeded once in 14,000 times.
CHANCE = 5 / N**0.5


def as_pair(seed):
    return tuple(int(v) for v in seed)


@given(st.integers(), st.integers(0, 2**62), st.text(max_size=20))
def test_a_seed_is_a_function_of_its_three_parts_and_fits_in_64_bits(seed, step, stream):
    pair = as_pair(step_seed(seed, step, stream))
    assert pair == as_pair(step_seed(np.int64(seed) if abs(seed) < 2**62 else seed, step, stream))
    assert all(0 <= value < 2**63 for value in pair)
    assert pair[1] == step


@given(
    st.lists(
        st.tuples(
            st.integers(-5, 2000), st.integers(0, 5), st.sampled_from(["a", "b", "a b", "1", "11"])
        ),
        min_size=2,
        max_size=40,
        unique=True,
    )
)
def test_no_two_streams_or_draws_share_a_seed(parts):
    seeds = [step_seed(*part) for part in parts]
    seeds += [fold_in(seed, name) for seed in seeds for name in ("rows", "columns")]
    seeds += [fold_in(seed, "rows") for seed in seeds[len(parts) : len(parts) + 2]]
    assert len({as_pair(seed) for seed in seeds}) == len(seeds)


def test_names_are_told_apart_from_numbers_and_from_each_other():
    parts = [(1, "1"), ("1", 1), (11, ""), (1, "1", ""), ("11",), (11,)]
    assert len({key(*part) for part in parts}) == len(parts)


def test_a_graph_draws_what_eager_code_draws():
    @tf.function
    def inside(step):
        return fold_in(step_seed(3, step, "a"), "b")

    assert as_pair(inside(tf.constant(7))) == as_pair(fold_in(step_seed(3, 7, "a"), "b"))


@contextmanager
def recorded():
    """The seeds of all stateless draws, in order."""
    seeds = []

    def watched(function):
        def draw(shape, seed, *args, **options):
            seeds.append(as_pair(seed))
            return function(shape, seed, *args, **options)

        return draw

    with pytest.MonkeyPatch.context() as patch:
        for name in ("stateless_uniform", "stateless_normal"):
            patch.setattr(tf.random, name, watched(getattr(tf.random, name)))
        yield seeds


@pytest.mark.parametrize(
    ("kind", "settings", "draws"),
    [
        # Latents, and nine draws each for real and fake.
        (GAN, {"augment": ["flip", "flip", "translation", "cutout", "colour"]}, 1 + 2 * 9),
        # Latents, the mix of real and fake, and every second step the latents of the generator.
        (GAN, {"loss": "wasserstein", "penalty": "gradient", "critic_steps": 2}, 2.5),
        (VAE, {}, 2),  # training and evaluation
        (VQVAE, {}, 1),  # which vectors idle codes restart at
        (Flow, {}, 3 + 2),  # noise, times and dropped labels; noise and times of evaluation
        (LatentFlow, {}, 4 + 3),  # and the draw of the latents in both
    ],
)
def test_no_draw_of_any_step_repeats_another(batch, kind, settings, draws):
    settings = {"penalty": "none"} | settings if kind is GAN else settings
    seeds, steps, taken = (0, 1, 1009), (0, 1, 2, 3, 1009, 1010), []
    for seed in seeds:
        model = kind(**tiny(kind), num_classes=2, seed=seed, **settings)
        model.compile()
        with recorded() as drawn:
            for step in steps:
                model.step.assign(step)
                model.train_step(batch)
                if kind is not GAN:
                    model.step.assign(step)
                    model.test_step(batch)
        taken += drawn
    assert len(taken) == draws * len(seeds) * len(steps)
    assert len(set(taken)) == len(taken)


def numbers_behind(seed):
    """What ``augment`` drew for each of N images, read off its results: name -> [N]."""
    found = {}
    # One dark pixel in the middle of white: where it went is the shift.
    dot = np.ones((N, 17, 17, 1), np.float32)
    dot[:, 8, 8] = -1
    dark = augment(dot, ("translation",), seed).numpy()[..., 0] == -1
    found["shift down"], found["shift right"] = dark.any(2).argmax(1), dark.any(1).argmax(1)
    # Ones: the hole is a rectangle, and the middle of its ends tells its centre.
    hole = augment(np.ones((N, 17, 17, 1), np.float32), ("cutout",), seed).numpy()[..., 0] == 0
    for name, axis in (("hole down", 2), ("hole right", 1)):
        inside = hole.any(axis)
        found[name] = inside.argmax(1) - inside[:, ::-1].argmax(1)
    # Two pixels: their mean tells the brightness, greys the contrast, colours the saturation.
    pair = np.tile(np.float32([[[0.1, 0.1, 0.4], [-0.4, -0.4, -0.1]]]), (N, 1, 1, 1))
    changed = augment(pair, ("colour",), seed).numpy()
    found["brightness"] = changed.mean((1, 2, 3))
    grey = changed.mean(3)[:, 0]
    found["contrast"] = grey[:, 0] - grey[:, 1]
    found["saturation"] = np.ptp(changed, axis=3)[:, 0, 0] / found["contrast"]
    found["flip"] = augment(pair, ("flip",), seed).numpy()[:, 0, 0, 0] > 0
    return found


@pytest.mark.parametrize("step", [0, 10])
def test_what_real_and_fake_images_undergo_is_uncorrelated(step):
    """For all pairs: shifts, holes, brightness, contrast, saturation, flips of both."""
    both = {
        f"{name} of {kind}": values
        for kind in ("real", "fake")
        for name, values in numbers_behind(step_seed(0, step, f"augment {kind}")).items()
    }
    assert all(np.std(values) > 0.05 for values in both.values())
    correlation = np.corrcoef(np.stack(list(both.values())).astype(float)) - np.eye(len(both))
    pairs = list(itertools.combinations(both, 2))
    assert len(pairs) == 120
    worst = np.unravel_index(np.abs(correlation).argmax(), correlation.shape)
    assert np.abs(correlation).max() < CHANCE, [list(both)[i] for i in worst]


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_the_same_augmentation_twice_draws_twice(name):
    images = np.random.default_rng(0).uniform(-1, 1, (64, 8, 8, 3)).astype("float32")
    seed = step_seed(0, 0, "a")
    once = augment(images, (name,), seed)
    assert np.array_equal(once, augment(images, (name,), seed))
    first, second = (
        AUGMENTATIONS[name](images, fold_in(seed, f"0 {name}")),
        fold_in(seed, f"1 {name}"),
    )
    assert np.array_equal(augment(images, (name, name), seed), AUGMENTATIONS[name](first, second))


def test_epochs_and_seeds_shuffle_in_their_own_order():
    images = np.arange(64, dtype=np.uint8).reshape(64, 1, 1, 1)
    orders = [
        np.concatenate([x.numpy().ravel() for x in batches(images, batch_size=8, seed=s).take(32)])
        for s in range(4)
    ]
    epochs = np.concatenate(orders).reshape(16, 64)
    assert len(np.unique(epochs, axis=0)) == 16
    # An epoch's order in ranks: 120 pairs of permutations of 64, each of standard deviation 1 / 8.
    assert np.abs(np.corrcoef(epochs) - np.eye(16)).max() < 5 / 8


def test_seeds_of_draws_fit_32_bits_and_differ():
    found = {
        draw_seed(seed, study, name)
        for seed in range(20)
        for study in range(20)
        for name in ("images", "trials")
    }
    assert len(found) == 800  # added up, 0 + 1 and 1 + 0 would be one
    assert 0 <= min(found) <= max(found) < 2**32
