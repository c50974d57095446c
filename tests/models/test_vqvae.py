"""Vector quantisation, its gradient, its codebook, and the prior over codes."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from prodimg_lib import InputError
from prodimg_lib.data import to_model
from prodimg_lib.data.batches import batches
from prodimg_lib.models.code_prior import CodePrior
from prodimg_lib.models.config import VQVAEConfig
from prodimg_lib.models.vqvae import VQVAE, nearest_codes, perplexity, straight_through
from prodimg_lib.settings import parse
from tests.samples import TINY, tiny_images

SMALL = {**TINY, "codes": 8, "prior_width": 8, "prior_depth": 1}


def test_nearest_code_is_the_nearest():
    rng = np.random.default_rng(0)
    vectors, codebook = rng.normal(size=(50, 4)), rng.normal(size=(9, 4))
    slow = np.linalg.norm(vectors[:, None] - codebook, axis=-1).argmin(1)
    got = nearest_codes(*(tf.constant(v, tf.float32) for v in (vectors, codebook)))
    np.testing.assert_array_equal(got, slow)


@pytest.mark.parametrize("offset", [1.0, 1e2, 1e4])
def test_nearest_code_is_the_nearest_far_from_zero(offset):
    """The mean is so many times the spread: in float32 |code|^2 keeps nothing of the difference."""
    rng = np.random.default_rng(0)
    shift = offset * rng.normal(size=8)
    vectors, codebook = (
        np.float32(rng.normal(size=(n, 8)) + shift).astype(float) for n in (2000, 64)
    )
    distance = ((vectors[:, None] - codebook) ** 2).sum(-1)
    got = nearest_codes(*(tf.constant(v, tf.float32) for v in (vectors, codebook))).numpy()
    chosen = np.take_along_axis(distance, got[:, None], 1)[:, 0]
    # Two codes may be as near but for the rounding of sums of about |v|^2 = 8 + 8.
    assert (chosen - distance.min(1)).max() < 16 * 8 * 6e-8
    assert (got == distance.argmin(1)).mean() > 0.999


def test_straight_through_has_the_value_of_the_code_and_the_gradient_of_the_identity():
    z, code = tf.Variable([[0.3, -2.0]]), tf.constant([[1.0, -1.0]])
    with tf.GradientTape() as tape:
        q = straight_through(z, code)
        target = tf.reduce_sum(q**3)
    np.testing.assert_allclose(q, code)
    # d target / d z is 3 q^2, taken at the code and handed to z as it is.
    slope = tape.gradient(target, z, unconnected_gradients="zero")
    np.testing.assert_allclose(slope, [[3.0, 3.0]])


def test_perplexity_counts_the_codes_in_use():
    assert float(perplexity(tf.constant([0.25] * 4 + [0.0] * 4))) == pytest.approx(4.0)
    assert float(perplexity(tf.constant([1.0, 0.0]))) == pytest.approx(1.0)
    assert float(perplexity(tf.fill([16], 1 / 16))) == pytest.approx(16.0, rel=1e-5)


def test_encoder_learns_through_the_codes(batch):
    """Its gradient is the decoder's at the code, plus the pull of the commitment."""
    images, _ = batch
    model = VQVAE(**SMALL, commitment=0.7)
    model.compile(keras.optimizers.SGD(1e-4))
    z = model._encode(images, training=True)
    model._restart_codes(z)
    _, vectors = model._quantise(z)
    with tf.GradientTape(persistent=True) as tape:
        z = model._encode(images, training=True)
        tape.watch(vectors)
        square = tf.reduce_sum((images - model._decode(vectors, True)) ** 2, (1, 2, 3))
        reconstruction = tf.reduce_mean(0.5 * square)  # untrained: sigma = 1
        pull = tf.reduce_mean(tf.reduce_sum((z - vectors) ** 2, (1, 2)))
    at_code, pulled = tape.gradient(reconstruction, vectors), tape.gradient(pull, z)
    with tf.GradientTape() as tape:
        z = model._encode(images, training=True)
        surrogate = tf.reduce_sum(z * tf.stop_gradient(at_code + 0.7 * pulled))
    expected = tape.gradient(surrogate, model.encoder.trainable_variables)
    before = [v.numpy() for v in model.encoder.trainable_variables]
    model.train_step(images)
    for old, new, slope in zip(before, model.encoder.trainable_variables, expected, strict=True):
        np.testing.assert_allclose(new.numpy(), old - 1e-4 * slope, rtol=2e-3, atol=1e-6)


def test_prior_learns_alone(batch):
    """Nothing of the code length reaches the encoder, nothing of the images the prior."""
    images, _ = batch
    model = VQVAE(**SMALL)
    model._restart_codes(model._encode(images, training=True))
    with tf.GradientTape(persistent=True) as tape:
        reconstruction, kl = model.terms(images, None, training=True)
    assert tape.gradient(kl, model.encoder.trainable_variables) == [None] * len(
        model.encoder.trainable_variables
    )
    assert tape.gradient(reconstruction, model.prior.trainable_variables) == [None] * len(
        model.prior.trainable_variables
    )
    assert any(g is not None for g in tape.gradient(kl, model.prior.trainable_variables))


def test_codes_become_the_means_of_their_vectors(batch):
    images, _ = batch
    model = VQVAE(**SMALL, codebook_decay=0.0, restart_below=0.0)
    z = model._encode(images, training=True)
    model._restart_codes(z)
    before = model.codebook.numpy()
    codes, _ = model._quantise(z)
    share = model._average_codes(z, codes).numpy()
    flat, codes = z.numpy().reshape(-1, TINY["latent_dim"]), codes.numpy().ravel()
    for k in range(SMALL["codes"]):
        own = flat[codes == k]
        assert share[k] == pytest.approx(len(own) / len(flat))
        expected = own.mean(0) if len(own) else before[k]
        np.testing.assert_allclose(model.codebook[k], expected, rtol=1e-4, atol=1e-6)


def test_codes_move_at_the_rate_of_the_decay(batch):
    images, _ = batch
    model = VQVAE(**SMALL, codebook_decay=0.9)
    z = model._encode(images, training=True)
    model._restart_codes(z)
    usage, sums = model.usage.numpy(), model.sums.numpy()
    np.testing.assert_allclose(usage, 1 / 8)
    codes, _ = model._quantise(z)
    share = model._average_codes(z, codes).numpy()
    flat, codes = z.numpy().reshape(-1, TINY["latent_dim"]), codes.numpy().ravel()
    totals = np.stack([flat[codes == k].sum(0) for k in range(8)]) / len(flat)
    np.testing.assert_allclose(model.usage, 0.9 * usage + 0.1 * share, rtol=1e-5)
    expected = (0.9 * sums + 0.1 * totals) / (0.9 * usage + 0.1 * share)[:, None]
    np.testing.assert_allclose(model.codebook, expected, rtol=1e-3, atol=1e-6)


def test_unused_codes_are_restarted_at_vectors_of_the_batch_and_used_ones_stay(batch):
    images, _ = batch
    model = VQVAE(**SMALL)
    z = model._encode(images, training=True)
    model._restart_codes(z)
    first = model.codebook.numpy()
    vectors = z.numpy().reshape(-1, TINY["latent_dim"])
    assert all((np.abs(vectors - code).sum(1) < 1e-6).any() for code in first)
    model.usage.assign([0.2, 0.001, 0.2, 0.2, 0.1, 0.1, 0.1, 0.0989])
    model.codebook.assign(first + 5)
    model._restart_codes(z)
    moved = (model.codebook.numpy() != first + 5).any(1)
    np.testing.assert_array_equal(np.flatnonzero(moved), [1])
    assert model.usage.numpy()[1] == pytest.approx(1 / 8)


def every_grid(positions, codes):
    return np.array(list(itertools.product(range(codes), repeat=positions)), np.int32)


def random_prior(num_classes=0):
    keras.utils.set_random_seed(0)
    prior = CodePrior(3, 4, 8, 2, num_classes)
    rng = np.random.default_rng(1)
    prior.set_weights([w + 0.7 * rng.normal(size=w.shape) for w in prior.get_weights()])
    return prior


def test_prior_is_a_distribution():
    prior, grids = random_prior(num_classes=2), every_grid(3, 4)
    for label in (0, 1):
        p = np.exp(-prior.nats(grids, np.full(len(grids), label)).numpy())
        assert p.sum() == pytest.approx(1.0, rel=1e-4)
        assert p.max() > 3 * p.min()
    a, b = (prior.nats(grids, np.full(len(grids), label)).numpy() for label in (0, 1))
    assert np.abs(a - b).max() > 0.1


def test_prior_starts_uniform():
    prior = CodePrior(5, 7, 8, 1)
    np.testing.assert_allclose(prior.nats(np.zeros((2, 5), np.int32)), 5 * np.log(7), rtol=1e-5)


def test_logits_depend_on_earlier_codes_only():
    keras.utils.set_random_seed(0)
    prior = CodePrior(6, 4, 8, 2)
    rng = np.random.default_rng(2)
    prior.set_weights([w + 0.5 * rng.normal(size=w.shape) for w in prior.get_weights()])
    codes = rng.integers(0, 4, (1, 6)).astype(np.int32)
    before = prior(codes).numpy()
    for t in range(6):
        other = codes.copy()
        other[0, t] = (other[0, t] + 1) % 4
        change = np.abs(prior(other).numpy() - before).max((0, 2))
        assert (change[: t + 1] < 1e-5).all()
        assert (change[t + 1 :] > 1e-4).all()


def test_samples_follow_the_prior_and_their_own_numbers():
    prior, grids = random_prior(), every_grid(3, 4)
    p = np.exp(-prior.nats(grids).numpy().astype(float))
    uniform = np.random.default_rng(3).random((20_000, 3))
    drawn = prior.sample(uniform)
    share = np.bincount(np.ravel_multi_index(drawn.T, (4, 4, 4)), minlength=64) / len(drawn)
    error = np.sqrt(p * (1 - p) / len(drawn))
    assert (np.abs(share - p) < 4.5 * error + 1e-6).all()
    np.testing.assert_array_equal(prior.sample(uniform[5:9]), drawn[5:9])


def test_nucleus_keeps_the_most_probable_codes():
    prior = random_prior()
    first = tf.nn.softmax(prior(np.zeros((1, 3), np.int32)))[0, 0].numpy()
    order = np.argsort(-first)
    mass = 0.5 * (first[order[0]] + first[order[:2]].sum())  # two codes hold it, one does not
    drawn = prior.sample(np.random.default_rng(4).random((4000, 3)), mass=mass)[:, 0]
    assert set(drawn) == set(order[:2])
    kept = first[order[0]] / first[order[:2]].sum()
    assert (drawn == order[0]).mean() == pytest.approx(kept, abs=4 * np.sqrt(0.25 / 4000))


def test_truncation_maps_to_a_nucleus_and_zero_mass_is_refused():
    model = VQVAE(**SMALL)
    assert model.latents(3).shape == (3, 49)
    np.testing.assert_array_equal(model.latents(3), model.latents(3, truncation=0.5))
    with pytest.raises(InputError, match="truncation"):
        model.generate(2, truncation=-1.0)
    model.prior.head.bias.assign([3.0, 2, 1, 0, 0, 0, 0, 0])
    codes = model.place(model.latents(20), None, truncation=0.3)
    assert set(codes.ravel()) == {0}  # 24 % of the probability: the first code holds it
    assert len(set(model.place(model.latents(20), None).ravel())) > 4


def test_codes_go_round(batch):
    images, labels = tiny_images(6)
    model = VQVAE(**SMALL, num_classes=2)
    model._restart_codes(model._encode(to_model(images), training=False))
    codes = model.encode(images)
    assert codes.shape == (6, 49)
    assert codes.dtype == np.int32
    again = model.reconstruct(images, labels)
    assert again.shape == images.shape
    assert again.dtype == np.uint8
    np.testing.assert_array_equal(model.decode(codes, labels), again)


def test_learns_images_and_their_codes():
    images, labels = tiny_images(256)
    settings = {**SMALL, "width": 8, "codes": 16, "prior_width": 16}
    model = VQVAE(**settings, num_classes=2, learning_rate=3e-3)
    model.compile()
    blank = np.mean((images - images.mean(0)) ** 2.0)
    stream = batches(images, labels, batch_size=32)
    model.fit(stream, steps_per_epoch=450, verbose=0, shuffle=False)
    error = np.mean((images.astype(float) - model.reconstruct(images)) ** 2)
    assert error < 0.1 * blank
    logs = model.evaluate(to_model(images), labels, batch_size=64, verbose=0, return_dict=True)
    assert 2 < logs["perplexity"] <= 16
    assert logs["kl"] < 0.7 * 49 * np.log(16)  # shorter than codes without a prior
    # Asked for a class, it draws that class: light on the left or on the right.
    drawn = model.generate(40, labels=np.arange(40) % 2, seed=1).astype(float)
    side = drawn[..., 14:, 0].mean((1, 2)) > drawn[..., :14, 0].mean((1, 2))
    assert (side == np.arange(40) % 2).mean() > 0.9


def test_what_does_not_fit_is_named():
    with pytest.raises(InputError, match="multiple of 4"):
        parse(VQVAEConfig, {"prior_width": 30})
    with pytest.raises(InputError, match="codes = 1"):
        parse(VQVAEConfig, {"codes": 1})
