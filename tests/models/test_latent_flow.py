"""The latent flow: what each half of its training moves, its scale, and the way to an image."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from prodimg_lib import InputError, LatentFlow, elbo, metrics, to_model, to_uint8
from prodimg_lib.data.batches import batches
from prodimg_lib.models import latent_flow as module
from prodimg_lib.models import replicas
from prodimg_lib.models.layers import reparametrise, step_noise
from prodimg_lib.models.unet import unet
from tests.samples import same_variables, tiny, tiny_images

CODEC_STEPS = tiny(LatentFlow)["codec_steps"]


def latent_flow(optimizer=None, step=0, **settings):
    model = LatentFlow(**tiny(LatentFlow) | {"num_classes": 2, "seed": 5} | settings)
    model.compile(optimizer)
    model.step.assign(step)
    model.center.assign(np.linspace(-0.3, 0.4, model.config.latent_dim))
    model.power.assign(np.linspace(1.5, 0.7, model.config.latent_dim))
    return model


def halves(model):
    codec = model.encoder.variables + model.decoder.variables + [model.center, model.power]
    return {"codec": [*codec, model.log_sigma], "flow": model.network.variables}


def values(variables):
    return [np.asarray(v) for v in variables]


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def latents_of(model, images, step):
    mean, log_var = np.split(model.encoder(images).numpy(), 2, axis=3)
    noise = step_noise(mean.shape, 5, step, "latents")
    return reparametrise(mean, log_var, noise), mean, log_var


def standard(model, z):
    return (z - model.center) / np.sqrt(np.asarray(model.power) - np.asarray(model.center) ** 2)


@pytest.mark.parametrize(("step", "moves"), [(CODEC_STEPS - 1, "codec"), (CODEC_STEPS, "flow")])
def test_each_half_has_its_time(batch, step, moves):
    model = latent_flow(step=step)
    before = {name: values(variables) for name, variables in halves(model).items()}
    model.train_step(batch)
    for name, variables in halves(model).items():
        assert same(before[name], values(variables)) == (name != moves)
    assert int(model.step.value) == step + 1


def test_a_step_of_the_codec_descends_its_bound(batch):
    images, labels = batch
    rate = 1e-4
    model = latent_flow(keras.optimizers.SGD(rate), beta=0.5)
    variables = model.encoder.trainable_variables + model.decoder.trainable_variables
    with tf.GradientTape() as tape:
        mean, log_var = tf.split(model.encoder(images), 2, axis=3)
        z = reparametrise(mean, log_var, step_noise(mean.shape, 5, 0, "latents"))
        nats = elbo.reconstruction(images, (model.decoder(z), model.log_sigma.value), "sigma")
        rows = len(images)
        kl = 0.5 * (tf.exp(log_var) + mean**2 - 1 - log_var)
        loss = tf.reduce_mean(nats + 0.5 * tf.reduce_sum(tf.reshape(kl, [rows, -1]), 1))
    gradients = tape.gradient(loss, variables)
    start = values(variables)
    logs = model.train_step((images, labels))
    for old, gradient, variable in zip(start, gradients, variables, strict=True):
        step = old - rate * gradient.numpy()
        np.testing.assert_allclose(np.asarray(variable), step, rtol=1e-3, atol=1e-6)
    norm = float(tf.linalg.global_norm(gradients))
    assert float(logs["gradient_norm"]) == pytest.approx(norm, rel=1e-4)


def test_a_step_of_the_flow_is_that_of_a_flow_on_standard_latents(batch):
    images, labels = batch
    rate, step = 0.1, CODEC_STEPS + 3
    model = latent_flow(keras.optimizers.SGD(rate), step=step)
    for weight in model.network.trainable_weights:
        weight.assign_add(0.1 * np.random.default_rng(0).normal(size=weight.shape))
    z = standard(model, latents_of(model, images, step)[0])
    variables = model.network.trainable_variables
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(model.objective(z, labels, step))
    gradients, start = tape.gradient(loss, variables), values(variables)
    logs = model.train_step((images, labels))
    assert float(logs["loss"]) == pytest.approx(float(loss), rel=1e-5)
    for old, gradient, variable in zip(start, gradients, variables, strict=True):
        np.testing.assert_allclose(
            np.asarray(variable), old - rate * gradient.numpy(), rtol=1e-3, atol=1e-5
        )


def test_until_the_flow_begins_its_loss_is_that_of_a_guess_of_0():
    """|eps - z|^2 with both of variance 1: 2, to four standard errors of 100 batches of 64."""
    images, labels = tiny_images(64)
    model = latent_flow(codec_steps=300)
    stream = batches(images, labels, batch_size=64)
    logs = model.fit(stream, steps_per_epoch=100, epochs=2, verbose=0, shuffle=False).history
    # A square of variance 2 has a variance of 8; over 100 steps its latents are drawn again.
    assert logs["loss"][-1] == pytest.approx(2, abs=4 * np.sqrt(8 / (100 * 64)))


def test_center_and_power_are_running_means():
    model = latent_flow(step=10_000)
    z = np.random.default_rng(0).normal(size=(6, 7, 7, 5)).astype("float32") * 2 + 1
    before = values([model.center, model.power])
    model._track_latents(z)
    for old, now, value in zip(before, (model.center, model.power), (z, z**2), strict=True):
        expected = 0.99 * old + 0.01 * value.mean((0, 1, 2))
        np.testing.assert_allclose(np.asarray(now), expected, rtol=1e-4)
    assert module._DECAY == 0.99
    for _ in range(2000):
        model._track_latents(z)
    flat = np.asarray(standard(model, z)).reshape(-1, 5)
    np.testing.assert_allclose(flat.mean(0), 0, atol=1e-3)
    np.testing.assert_allclose(flat.std(0), 1, atol=1e-3)


def test_images_are_decoded_from_where_the_flow_ends(batch):
    """An untrained flow stays where it starts: the noise itself, in the units of the latents."""
    model = latent_flow()
    noise = model.latents(3, seed=1)
    place = noise.reshape(3, 7, 7, 5)
    scale = np.sqrt(np.asarray(model.power) - np.asarray(model.center) ** 2)
    expected = to_uint8(model.decoder(place * scale + model.center).numpy())
    np.testing.assert_array_equal(model.decode(noise, [0, 1, 0]), expected)
    assert model.noise_dim == 7 * 7 * 5


def test_terms_are_reconstruction_and_kl(batch):
    images, labels = batch
    model = latent_flow()
    noise = np.random.default_rng(0).normal(size=(len(images), model.noise_dim)).astype("float32")
    _, mean, log_var = latents_of(model, images, 0)
    nats, kl = model.terms(images, labels, noise)
    z = mean + np.exp(log_var / 2) * noise.reshape(mean.shape)
    off = ((images - model.decoder(z)).numpy() ** 2).sum((1, 2, 3))
    sigma = np.exp(float(model.log_sigma.value))
    expected = off / (2 * sigma**2) + 784 * (np.log(sigma) + 0.5 * np.log(2 * np.pi))
    np.testing.assert_allclose(nats, expected, rtol=1e-4)
    each = 0.5 * (np.exp(log_var) + mean**2 - 1 - log_var)
    np.testing.assert_allclose(kl, each.reshape(len(mean), -1).sum(1), rtol=1e-4)


def test_it_learns_to_reconstruct_and_says_how_many_latents_it_uses():
    images, labels = tiny_images(128)
    model = latent_flow(codec_width=8, codec_steps=1000)
    start = metrics.psnr(images, model.reconstruct(images), 255).mean()
    stream = batches(images, labels, batch_size=32)
    model.fit(stream, steps_per_epoch=200, verbose=0, shuffle=False)
    assert metrics.psnr(images, model.reconstruct(images), 255).mean() > start + 5
    facts = model.latent_use(images)["active_units"]
    assert (facts["n"], facts["d"]) == (128, 245)
    assert 0 < facts["value"] <= 245


def test_training_goes_on_as_if_it_had_not_been_interrupted(tmp_path):
    """Across the step at which the flow begins, and on either side of it."""
    images, labels = tiny_images(32)

    def fitted(steps, start=0, model=None):
        model = model or latent_flow(codec_steps=3)
        stream = batches(images, labels, batch_size=8, start_step=start)
        model.fit(stream, steps_per_epoch=steps, verbose=0, shuffle=False)
        return model

    straight = fitted(6)
    for stop in (2, 3, 4):
        fitted(stop).save(tmp_path / "model.keras")
        loaded = keras.models.load_model(tmp_path / "model.keras")
        assert same_variables(straight, fitted(6 - stop, start=stop, model=loaded))


@pytest.mark.parametrize("side", [7, 8])
def test_the_network_takes_maps_of_an_odd_side_too(side):
    network = unet(side, 4, 6, num_labels=3)
    for weight in network.weights:
        weight.assign_add(0.1 * np.random.default_rng(0).normal(size=weight.shape))
    x = np.random.default_rng(1).normal(size=(2, side, side, 4)).astype("float32")
    x = np.stack([x[0], x[0], x[1]])
    out = network([x, np.array([0.5, 0.5, 0.5]), np.array([0, 1, 0])]).numpy()
    assert out.shape == x.shape
    assert np.abs(out[0] - out[1]).max() > 1e-4  # the label is heard
    last = np.abs(network([x, np.full(3, 0.5), np.zeros(3)]).numpy()[2] - out[0])
    assert last[-1, -1].max() > 1e-4  # the last place sees its input


def test_on_several_devices_it_is_refused(batch, monkeypatch):
    monkeypatch.setattr(replicas, "several", lambda: True)
    with pytest.raises(InputError, match="one device only"):
        latent_flow().train_step(batch)


def test_photographs_are_checked():
    with pytest.raises(InputError, match="uint8"):
        latent_flow().reconstruct(to_model(tiny_images(2)[0]))
