"""A conditional VAE does as its label says: where labels enter, and the term that asks for it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from prodimg_lib import VAE, InputError
from prodimg_lib.data.batches import batches
from prodimg_lib.models import conditioning, networks
from prodimg_lib.models.config import VAEConfig
from prodimg_lib.models.layers import FiLM
from tests.samples import TINY, same_variables, tiny_images

CLASSES = 3
STEP = 7
HEARD = {"conditioning": "film", "match_weight": 300.0, "request_weight": 3.0}


def conditional(**settings):
    return VAE(**TINY, num_classes=2, **HEARD | settings)


def drawn(n, step=STEP, stream="s"):
    """What is asked for of n codes of +1 and draws of -1, which tell where a row came from."""
    ones = tf.ones((n, 4))
    z, classes = conditioning.draw_requests(ones, -ones, CLASSES, 0, step, stream)
    return z.numpy(), classes.numpy()


# Where a label enters.


@pytest.mark.parametrize("size", [28, 32, 64])
@pytest.mark.parametrize("make", ["encoder", "decoder"])
def test_the_label_reaches_every_block(make, size):
    """One block's table of a class, and it alone, moves the image of that class and no other."""
    keras.utils.set_random_seed(0)
    network = getattr(networks, make)(size, 1, 5, 4, num_classes=CLASSES, conditioning="film")
    tables = [w for w in network.trainable_variables if w.name in ("scale", "shift")]
    doublings = networks._GRID[size][1]
    # A decoder: two dense layers, each doubling but the last. An encoder: halvings, a dense layer.
    assert len(tables) == 2 * (doublings + 1)
    shape = network.inputs[0].shape[1:]
    x, labels = tf.random.stateless_normal((CLASSES, *shape), (0, 1)), tf.range(CLASSES)

    def outputs():
        parts = network([x, labels])
        parts = parts if isinstance(parts, list) else [parts]
        return np.concatenate([np.reshape(part, (CLASSES, -1)) for part in parts], axis=1)

    before = outputs()
    for table in tables:
        old = table.numpy()
        for c in range(CLASSES):
            table.assign(old + 0.5 * np.eye(CLASSES)[:, c : c + 1])
            moved = np.abs(outputs() - before).max(1) > 1e-4
            np.testing.assert_array_equal(moved, np.arange(CLASSES) == c)
        table.assign(old)


def test_film_starts_as_the_identity_and_is_a_scale_and_a_shift():
    layer = film()
    x = tf.random.stateless_normal((6, 5, 5, 4), (0, 2))
    one_hot = tf.one_hot(np.arange(6) % CLASSES, CLASSES)
    np.testing.assert_array_equal(layer([x, one_hot]), x)
    rng = np.random.default_rng(0)
    scale, shift = rng.normal(size=(2, CLASSES, 4)).astype("float32")
    layer.scale.assign(scale)
    layer.shift.assign(shift)
    c = np.arange(6) % CLASSES
    expected = x * scale[c][:, None, None] + shift[c][:, None, None]
    np.testing.assert_allclose(layer([x, one_hot]), expected, rtol=1e-6, atol=1e-6)
    flat = tf.random.stateless_normal((6, 4), (0, 3))
    np.testing.assert_allclose(layer([flat, one_hot]), flat * scale[c] + shift[c], rtol=1e-6)


def film():
    layer = FiLM()
    layer.build([(None, 5, 5, 4), (None, CLASSES)])
    return layer


def test_conditioning_without_classes_is_refused():
    with pytest.raises(InputError, match="conditioning = 'film' needs classes"):
        networks.decoder(28, 1, 5, 4, conditioning="film")
    with pytest.raises(InputError, match="conditioning = 'film' needs classes"):
        VAE(**TINY, conditioning="film")
    with pytest.raises(InputError, match=r"request_weight = 1.0 needs classes: .* leave it at 0"):
        VAE(**TINY, request_weight=1.0)


def test_by_default_there_is_no_term_with_classes_or_without():
    for config in (VAEConfig(), VAEConfig(num_classes=2)):
        assert {name: getattr(config, name) for name in VAEConfig.LABELS} == VAEConfig.LABELS
    assert VAE(**TINY, num_classes=2).label_weights == {}


def test_a_saved_model_that_has_no_such_settings_is_of_the_old_kind():
    saved = conditional().get_config()
    for name in VAEConfig.LABELS:
        del saved["config"][name]
    model = VAE.from_config(saved)
    assert model.classifier is None
    assert not [w for w in model.decoder.variables if w.name == "scale"]
    assert VAE.from_config(conditional().get_config()).classifier is not None


# The match term.


def slow_mismatch(codes, labels, widths):
    """Pair by pair, and draws of N(0, I) that are really drawn."""
    n, d = codes.shape
    draws = np.random.default_rng(1).normal(size=(2, 40_000, d))

    def kernel(a, b, w):
        return np.exp(-((a - b) ** 2).sum(-1) / (2 * w * d))

    result = []
    for i in range(n):
        mates = [j for j in range(n) if j != i and labels[j] == labels[i]]
        if not mates:
            result.append(0.0)
            continue
        result.append(
            sum(
                np.mean([kernel(codes[i], codes[j], w) for j in mates])
                - 2 * kernel(codes[i], draws[0], w).mean()
                + kernel(*draws, w).mean()
                for w in widths
            )
        )
    return np.array(result)


def test_mismatch_equals_its_definition():
    rng = np.random.default_rng(0)
    codes = (rng.normal(size=(9, 3)) * [1, 2, 0.5] + [1, 0, 0]).astype("float32")
    labels = np.array([0, 0, 0, 1, 1, 2, 2, 2, 3])  # the last is alone
    got = conditioning.mismatch(tf.constant(codes), tf.constant(labels)).numpy()
    # 40,000 draws: a kernel's mean to 0.5 / 200 at most, three terms of 2 and 1 of it, 4 sigma.
    expected = slow_mismatch(codes, labels, conditioning.WIDTHS)
    np.testing.assert_allclose(got, expected, atol=0.03)
    assert got[-1] == 0


def test_mismatch_has_the_gradient_of_all_its_pairs():
    """Against central differences of its sum: each code is in its own terms and in its mates'."""
    rng = np.random.default_rng(0)
    codes, labels = rng.normal(size=(6, 2)), tf.constant([0, 0, 0, 1, 1, 2])

    def total(codes):
        return tf.reduce_sum(conditioning.mismatch(codes, labels))

    x = tf.constant(codes)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = total(x)
    got, h = tape.gradient(value, x).numpy(), 1e-5
    for i in np.ndindex(codes.shape):
        step = np.zeros_like(codes)
        step[i] = h
        slope = (total(tf.constant(codes + step)) - total(tf.constant(codes - step))) / (2 * h)
        assert got[i] == pytest.approx(float(slope), rel=1e-5, abs=1e-9)


def test_mismatch_has_no_bias_and_is_0_for_the_prior_alone():
    """Batches of codes that are N(0, I) in every class average to 0; shifted classes do not."""
    rng = np.random.default_rng(0)
    labels = tf.constant(np.arange(24) % CLASSES)
    values = {0.0: [], 1.0: []}
    for shift, found in values.items():
        for _ in range(300):
            codes = rng.normal(size=(24, 4)) + shift * (np.arange(24)[:, None] % CLASSES - 1)
            found.append(float(tf.reduce_mean(conditioning.mismatch(tf.constant(codes), labels))))
    null, apart = (np.array(v) for v in values.values())
    assert abs(null.mean()) < 4 * null.std() / np.sqrt(300)
    assert apart.mean() > 10 * abs(null.mean())
    assert null.min() < 0  # what has no bias about 0 falls below it


def test_the_match_term_moves_codes_of_classes_onto_each_other():
    labels = tf.constant(np.arange(60) % 2)
    start = np.random.default_rng(0).normal(size=(60, 2)) * 0.5
    codes = tf.Variable(start + 2.0 * (np.arange(60)[:, None] % 2) - 1.0)
    for _ in range(300):
        with tf.GradientTape() as tape:
            value = tf.reduce_sum(conditioning.mismatch(codes, labels))
        codes.assign_sub(0.3 * tape.gradient(value, codes))
    for c in range(2):
        own = codes.numpy()[np.arange(60) % 2 == c]
        assert np.abs(own.mean(0)).max() < 0.2
        assert np.abs(own.std(0) - 1).max() < 0.3


# The request term.


def test_term_is_log_n_for_a_classifier_that_knows_nothing_and_0_for_a_sure_one():
    classes = np.arange(CLASSES)
    nothing = conditioning.nats_missed(tf.zeros((CLASSES, CLASSES)), classes)
    np.testing.assert_allclose(nothing, np.log(CLASSES), rtol=1e-6)
    sure = conditioning.nats_missed(100 * tf.eye(CLASSES), classes)
    np.testing.assert_allclose(sure, 0, atol=1e-6)


def test_requests_are_uniform_and_latents_half_codes_half_draws():
    n = 30_000
    z, classes = drawn(n)
    # Four standard errors of a share p of n.
    for share, p in [(np.mean(z == 1), 1 / 2)] + [(np.mean(classes == c), 1 / 3) for c in range(3)]:
        assert abs(share - p) < 4 * np.sqrt(p * (1 - p) / n)
    assert (np.abs(z).min(), np.ptp(z, axis=1).max()) == (1, 0)  # whole rows
    # Independent: which class is asked for says nothing about where the latent is from.
    for c in range(CLASSES):
        share = np.mean(z[classes == c] == 1)
        assert abs(share - 1 / 2) < 4 * np.sqrt(3 / (4 * n))


def test_requests_are_a_function_of_seed_step_and_stream():
    again, other, elsewhere = drawn(50), drawn(50, STEP + 1), drawn(50, stream="t")
    for i in range(2):
        np.testing.assert_array_equal(drawn(50)[i], again[i])
        assert not np.array_equal(again[i], other[i])
        assert not np.array_equal(again[i], elsewhere[i])


def slow_request(model, codes, step):
    """The request term an image at a time, from its definition, in NumPy."""
    c = model.config
    draws = np.asarray(model._noise(codes, step, "requests, draws"))
    classes = c.num_classes, c.seed, step, "requests"
    z, classes = conditioning.draw_requests(codes, draws, *classes)
    result = []
    for latent, k in zip(z.numpy(), classes.numpy(), strict=True):
        image = model.decoder([latent[None], np.array([k])])
        logits = np.asarray(model.classifier(image), float)[0]
        result.append(np.log(np.exp(logits).sum()) - logits[k])
    return result


def test_request_term_equals_its_definition(batch):
    _, labels = batch
    model = conditional()
    codes = tf.random.stateless_normal((len(labels), model.config.latent_dim), (0, 1))
    asked = codes[::4]
    got = model.label_terms(codes, labels, STEP)["request"]
    assert len(got) == len(asked) > 1
    np.testing.assert_allclose(got, slow_request(model, asked, STEP), rtol=1e-4)


def test_request_term_sees_the_mean_image_of_a_bernoulli_family(batch):
    _, labels = batch
    model = conditional(likelihood="continuous_bernoulli")
    codes = tf.zeros((len(labels), model.config.latent_dim))
    seen = []
    judge = model.classifier
    model.classifier = lambda x: seen.append(x.numpy()) or judge(x)
    model.label_terms(codes, labels, STEP)
    assert np.abs(seen[0]).max() <= 1


def test_a_step_descends_its_own_terms(batch):
    """Each network's step against the gradient of what is its own."""
    images, labels = batch
    rate = 1e-4
    # With this seed one of the two requests has a code of the batch, the other a draw.
    model = conditional(match_weight=5.0, request_weight=3.0, seed=1)
    model.compile(keras.optimizers.SGD(rate))
    with tf.GradientTape(persistent=True) as tape:
        objective, reconstruction, kl, codes = model.objective(images, labels)
        bound = tf.reduce_mean(objective)
        terms = model.label_terms(codes, labels, 0).values()
        match, request = (tf.reduce_mean(term) for term in terms)
        coding, drawing = bound + 5.0 * match, bound + 3.0 * request
        log_p = tf.nn.log_softmax(model.classifier(images[::4]))
        lesson = -tf.reduce_mean(tf.gather(log_p, labels[::4], axis=1, batch_dims=1))
    nets = model.encoder, model.decoder, model.classifier
    wanted = [
        tape.gradient(target, net.trainable_variables)
        for target, net in zip((coding, drawing, lesson), nets, strict=True)
    ]
    before = [[v.numpy() for v in net.trainable_variables] for net in nets]
    logs = model.train_step((images, labels))
    assert float(logs["loss"]) == pytest.approx(float(bound), rel=1e-5)
    assert float(logs["loss"]) == pytest.approx(float(tf.reduce_mean(reconstruction + kl)), 1e-5)
    assert float(logs["match"]) == pytest.approx(float(match), rel=1e-4)
    assert float(logs["request"]) == pytest.approx(float(request), rel=1e-5)
    for net, old, gradients in zip(nets, before, wanted, strict=True):
        for variable, start, gradient in zip(net.trainable_variables, old, gradients, strict=True):
            step = start - rate * gradient.numpy()
            np.testing.assert_allclose(variable.numpy(), step, rtol=1e-3, atol=1e-6)


def test_weights_of_0_are_the_bound_alone(batch):
    images, labels = batch
    model = conditional(match_weight=0, request_weight=0)
    model.compile()
    assert not {"match", "request"} & model.train_step((images, labels)).keys()
    assert model.classifier is None
    half = conditional(match_weight=2.0, request_weight=0)
    half.compile()
    assert "match" in half.train_step((images, labels))
    assert half.classifier is None


def test_evaluation_reports_the_term_and_changes_nothing(batch):
    images, labels = batch
    model = conditional()
    model.compile()
    before = [np.asarray(v) for v in model.trainable_variables]
    logs = model.evaluate(images, labels, verbose=0, return_dict=True)
    assert logs["loss"] == pytest.approx(logs["reconstruction"] + logs["kl"], rel=1e-5)
    assert logs["request"] > 0
    for old, new in zip(before, model.trainable_variables, strict=True):
        np.testing.assert_array_equal(old, new)


def test_training_goes_on_as_if_it_had_not_been_interrupted(tmp_path):
    images, labels = tiny_images(32)

    def fitted(steps, start=0, model=None):
        if model is None:
            model = conditional()
            model.compile()
        stream = batches(images, labels, batch_size=8, start_step=start)
        model.fit(stream, steps_per_epoch=steps, verbose=0, shuffle=False)
        return model

    straight = fitted(6)
    fitted(3).save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert same_variables(straight, fitted(3, start=3, model=loaded))


def test_another_class_is_drawn_when_it_is_asked_for():
    """Squares on the left and on the right: a code of one, decoded as the other, changes sides."""
    images, labels = tiny_images(256)
    model = VAE(width=8, latent_dim=4, num_classes=2, **HEARD | {"request_weight": 0.0})
    model.compile()
    stream = batches(images, labels, batch_size=32)
    model.fit(stream, steps_per_epoch=300, verbose=0, shuffle=False)
    mean, _ = model.encode(images, labels)
    for latents in (mean, model.latents(256, seed=1)):
        drawn = model.decode(latents, 1 - labels).astype(float)
        right = drawn[:, :, 14:].mean((1, 2, 3)) > drawn[:, :, :14].mean((1, 2, 3))
        assert np.mean(right == (labels == 0)) > 0.95
