"""The flow: its training step, its sampler, guidance, and what it refuses."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from prodimg_lib import Flow, InputError, diffusion, to_model
from prodimg_lib.models.unet import TimeFeatures, unet
from prodimg_lib.seeds import step_seed
from tests.samples import tiny, tiny_images

CLASSES = {"num_classes": 2}


def flow(**settings):
    model = Flow(**tiny(Flow) | settings)
    model.compile()
    return model


def moved(model, seed=0):
    """The averaged network of another place: untrained it says 0 to everything."""
    rng = np.random.default_rng(seed)
    for weight in model.ema_network.weights:
        weight.assign_add(0.1 * rng.normal(size=weight.shape))
    return model


class Known(keras.Model):
    """In the place of a network: the exact velocity of images that are all ``image``."""

    def __init__(self, image):
        super().__init__()
        self.image = image

    def call(self, inputs, training=False):
        x, t, *_ = inputs
        return (x - self.image) / t[:, None, None, None]


@pytest.mark.parametrize("target", diffusion.TARGETS)
def test_step_is_one_step_on_the_squared_error_of_the_target(batch, target):
    """Written out anew: draws of the named streams, path, target, mean; then plain descent."""
    images, labels = batch
    model = Flow(**tiny(Flow), **CLASSES, target=target, seed=4)
    model.compile(optimizer=keras.optimizers.SGD(0.1))
    rng = np.random.default_rng(0)
    for weight in model.network.trainable_weights:
        weight.assign_add(0.1 * rng.normal(size=weight.shape))
    before = [tf.identity(v) for v in model.network.trainable_variables]

    def draw(name, shape, kind=tf.random.stateless_normal):
        return kind(shape, step_seed(4, 0, name))

    uniform = tf.random.stateless_uniform
    eps = draw("noise ", images.shape)
    t = tf.sigmoid(draw("times ", [8])) if target == "flow" else draw("times ", [8], uniform)
    labels_seen = tf.where(draw("dropped labels", [8], uniform) < 0.1, 2, labels)
    at = t[:, None, None, None]
    if target == "flow":
        x, wanted = (1 - at) * images + at * eps, eps - images
    else:
        signal, noise = tf.cos(np.pi / 2 * at), tf.sin(np.pi / 2 * at)
        x = signal * images + noise * eps
        wanted = {"eps": eps, "x0": images, "v": signal * eps - noise * images}[target]
    with tf.GradientTape() as tape:
        guess = model.network([x, t, labels_seen], training=True)
        loss = tf.reduce_mean(tf.square(guess - wanted))
    gradients = tape.gradient(loss, model.network.trainable_variables)

    logs = model.train_step(batch)
    assert float(logs["loss"]) == pytest.approx(float(loss), rel=1e-5)
    norm = float(tf.linalg.global_norm(gradients))
    assert float(logs["gradient_norm"]) == pytest.approx(norm, rel=1e-4)
    for old, gradient, new in zip(
        before, gradients, model.network.trainable_variables, strict=True
    ):
        np.testing.assert_allclose(new, old - 0.1 * gradient, atol=1e-5)


def test_as_many_labels_are_dropped_as_asked_for():
    """The network sees class 2, "any", in the asked share of the rows, and else the label."""
    model, seen = flow(**CLASSES, label_dropout=0.3), []

    class Spy(keras.Model):
        def call(self, inputs, training=False):
            seen.append(inputs[2].numpy())
            return tf.zeros_like(inputs[0])

    model.network = Spy()
    n = 500
    images, labels = tf.zeros([n, 28, 28, 1]), tf.ones([n], tf.int32)
    for step in range(4):
        model.objective(images, labels, step)
    share = np.mean(np.concatenate(seen) == 2)
    assert share == pytest.approx(0.3, abs=4 * np.sqrt(0.3 * 0.7 / (4 * n)))
    assert set(np.concatenate(seen)) == {1, 2}
    model.ema_network = Spy()
    model.objective(images, labels, 0, "of a test")
    assert set(seen[-1]) == {1}


def test_average_is_what_it_says(batch):
    model = flow(**CLASSES, ema_decay=0.5)
    model.step.assign(100)  # past the ramp
    before = [tf.identity(v) for v in model.ema_network.variables]
    model.train_step(batch)
    for old, now, average in zip(
        before, model.network.variables, model.ema_network.variables, strict=True
    ):
        np.testing.assert_allclose(average, 0.5 * (old + now), atol=1e-6)


@pytest.mark.parametrize("sampler", ["euler", "heun"])
def test_sampler_follows_the_exact_velocity_to_the_image(sampler):
    """All paths to one image are straight lines, which both solvers follow exactly."""
    images, _ = tiny_images(1)
    model = flow(sampler=sampler)
    model.ema_network = Known(to_model(images))
    drawn = model.generate(3, steps=5)
    assert np.abs(drawn.astype(int) - images).max() <= 1


@pytest.mark.parametrize("sampler", ["euler", "heun", "ddim"])
@pytest.mark.parametrize("target", ["eps", "x0", "v"])
def test_every_target_and_sampler_leads_to_the_image(target, sampler):
    images, _ = tiny_images(1)
    model = flow(sampler=sampler, target=target)

    class Exact(keras.Model):
        def call(self, inputs, training=False):
            x, t = inputs
            at = t[:, None, None, None]
            signal, noise = tf.cos(np.pi / 2 * at), tf.sin(np.pi / 2 * at)
            x0 = tf.broadcast_to(to_model(images), tf.shape(x))
            eps = (x - signal * x0) / noise
            return {"eps": eps, "x0": x0, "v": signal * eps - noise * x0}[target]

    model.ema_network = Exact()
    drawn = model.generate(2, steps=40)
    # The paths are arcs: Euler's error at 40 steps is below 5 levels, DDIM has none.
    assert np.abs(drawn.astype(int) - images).max() <= (1 if sampler == "ddim" else 6)


def test_guidance_of_one_is_the_conditional_model_and_of_zero_the_other():
    model = moved(flow(**CLASSES))
    x, t, labels = (
        tf.random.stateless_normal([4, 28, 28, 1], [1, 2]),
        0.6,
        tf.constant([0, 1, 0, 1]),
    )
    time = tf.fill([4], t)

    def guess(labels):
        prediction = model.ema_network([x, time, labels])
        return diffusion.split("flow", prediction, x, time)

    conditional, free = guess(labels), guess(tf.fill([4], 2))
    for got, expected in zip(model.guess(x, t, labels, 1.0), conditional, strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-5)  # a graph rounds in its own way
    for got, expected in zip(model.guess(x, t, labels, 0.0), free, strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-5)
    twice = model.guess(x, t, labels, 2.0)
    np.testing.assert_allclose(twice[0], 2 * conditional[0] - free[0], atol=1e-4)


def test_steps_and_guidance_of_a_call_replace_those_of_the_config():
    model = moved(flow(**CLASSES, steps=2))
    other = Flow(model.config.model_dump() | {"steps": 5, "guidance": 2.0})
    other.ema_network.set_weights(model.ema_network.get_weights())
    np.testing.assert_array_equal(model.generate(3, steps=5, guidance=2.0), other.generate(3))
    assert not np.array_equal(model.generate(3), other.generate(3))


def test_evaluation_repeats_itself_and_training_draws_other_noise(batch):
    model = flow(**CLASSES)
    images, labels = batch
    first, second = (model.evaluate(images, labels, verbose=0) for _ in range(2))
    assert first == second
    noise, *_ = model.objective(images, labels, 0), model.objective(images, labels, 0, "of a test")
    assert not np.allclose(noise, _[0])


def test_training_lowers_the_loss():
    images, labels = tiny_images(64)
    model = flow(**CLASSES, width=8)
    losses = model.fit(to_model(images), labels, batch_size=16, epochs=12, verbose=0).history[
        "loss"
    ]
    assert losses[-1] < 0.7 * losses[0]


@pytest.mark.parametrize(("size", "channels"), [(28, 1), (32, 3), (64, 3)])
def test_untrained_network_says_zero(size, channels):
    network = unet(size, channels, 4, num_labels=3)
    x = tf.random.stateless_normal([2, size, size, channels], [1, 2])
    prediction = network([x, tf.constant([0.2, 0.9]), tf.constant([0, 2])])
    assert prediction.shape == x.shape
    assert not np.any(prediction)


def test_time_features():
    features = TimeFeatures()(tf.constant([0.0, 0.3])).numpy()
    np.testing.assert_array_equal(features[0], [0.0] * 32 + [1.0] * 32)
    assert features[1, 0] == pytest.approx(np.sin(0.3), abs=1e-6)
    assert features[1, 31] == pytest.approx(np.sin(300.0), abs=1e-4)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"guidance": 2.0}, "guidance = 2 needs a model trained with classes"),
        ({"guidance": 2.0, "label_dropout": 0.0, **CLASSES}, "trained with label_dropout above 0"),
        ({"label_dropout": 0.3}, "label_dropout = 0.3 needs labels"),
        ({"sampler": "ddim"}, "is Euler's method"),
        ({"latent_dim": 8}, "latent_dim"),
        ({"target": "score"}, "target = 'score'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(InputError, match=message) as caught:
        Flow(**settings)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"steps": 0}, "steps = 0: expected at least 1"),
        ({"steps": 2.5}, "steps = 2.5: expected a whole number"),
        ({"guidance": -1.0}, "guidance = -1.0: expected a number, at least 0"),
        ({"guidance": float("nan")}, "guidance = nan"),
        ({"guidance": 2.0}, "guidance = 2 needs a model trained with classes"),
        ({"truncation": 1.0}, "a flow has none"),
    ],
)
def test_requests_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        flow().generate(2, **arguments)


def test_network_refuses_another_size():
    with pytest.raises(InputError, match="image size 48"):
        unet(48, 1, 4)
