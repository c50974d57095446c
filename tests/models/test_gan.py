"""The GAN's step: two optimizers, one shared batch of fakes, an averaged generator."""

import numpy as np
import pytest
import tensorflow as tf

from prodimg_lib import GAN, losses
from prodimg_lib.models.config import GANConfig
from prodimg_lib.models.layers import step_noise
from tests.samples import TINY, tiny_images


def test_step_is_two_gradient_steps_at_the_same_weights(batch):
    """One ``train_step`` against the textbook written out, with plain gradient descent."""
    import keras

    real, labels = batch
    model = GAN(**TINY, num_classes=2, penalty="none")
    model.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.2))
    g, d = model.generator, model.discriminator
    z = step_noise([8, TINY["latent_dim"]], 0, 0)
    before = [v.numpy() for v in g.trainable_variables + d.trainable_variables]
    statistics = [v.numpy() for v in g.non_trainable_variables]
    with tf.GradientTape() as tape:
        d_loss, _ = losses.non_saturating(
            d([real, labels]), d([g([z, labels], training=True), labels])
        )
    d_gradients = tape.gradient(d_loss, d.trainable_variables)
    with tf.GradientTape() as tape:
        _, g_loss = losses.non_saturating(
            d([real, labels]), d([g([z, labels], training=True), labels])
        )
    g_gradients = tape.gradient(g_loss, g.trainable_variables)
    for variable, value in zip(g.non_trainable_variables, statistics, strict=True):
        variable.assign(value)  # the two passes above moved the batch statistics

    model.train_step((real, labels))
    after = [v.numpy() for v in g.trainable_variables + d.trainable_variables]
    steps = [0.1 * x.numpy() for x in g_gradients]
    steps += [0.2 * tf.convert_to_tensor(x).numpy() for x in d_gradients]
    for old, new, step in zip(before, after, steps, strict=True):
        np.testing.assert_allclose(new, old - step, rtol=1e-4, atol=1e-6)


def test_average_follows_the_generator_with_its_statistics(batch):
    model = GAN(**TINY, ema_decay=0.5, num_classes=2)
    model.compile()
    expected = [v.numpy() for v in model.ema_generator.variables]
    for step in range(4):
        model.train_step(batch)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = [
            decay * average + (1 - decay) * np.asarray(value)
            for average, value in zip(expected, model.generator.variables, strict=True)
        ]
    moved = [
        not np.array_equal(v.numpy(), e * 0)
        for v, e in zip(model.generator.variables, expected, strict=True)
    ]
    assert any(moved)
    for average, value in zip(model.ema_generator.variables, expected, strict=True):
        np.testing.assert_allclose(average.numpy(), value, rtol=1e-5, atol=1e-7)


def test_average_has_no_gradient(batch):
    model = GAN(**TINY)
    assert model.ema_generator.trainable_variables == []
    own = {v.path for v in model.generator.trainable_variables}
    own |= {v.path for v in model.discriminator.trainable_variables}
    assert own == {v.path for v in model.trainable_variables}


def test_discriminator_judges_each_image_alone(batch):
    real, labels = batch
    d = GAN(**TINY, num_classes=2).discriminator
    whole = d([real, labels], training=True).numpy()
    single = np.concatenate(
        [d([real[i : i + 1], labels[i : i + 1]], training=True) for i in range(8)]
    )
    np.testing.assert_allclose(whole, single, rtol=1e-4, atol=1e-6)


def test_label_reaches_both_networks(batch):
    real, labels = batch
    model = GAN(**TINY, num_classes=2)
    d = model.discriminator
    assert not np.allclose(d([real, labels]), d([real, 1 - labels]))


def test_logits_are_unbounded(batch):
    """The last layer is linear: doubling its weights doubles the logit."""
    real, _ = batch
    d = GAN(**TINY, pseudo_classes=0).discriminator
    before = d(real).numpy()
    last = d.layers[-1]
    last.set_weights([2 * w for w in last.get_weights()])
    np.testing.assert_allclose(d(real), 2 * before, rtol=1e-5)


def test_learns_where_the_bright_square_is():
    """200 steps on two classes: the requested class decides which half is bright."""
    from prodimg_lib.data.batches import batches

    images, labels = tiny_images(256)
    model = GAN(width=8, latent_dim=8, num_classes=2)
    model.compile()
    model.fit(batches(images, labels, batch_size=32), steps_per_epoch=200, verbose=0, shuffle=False)
    fake = model.generate(40).astype(float)
    left_minus_right = fake[:, 7:21, :14].mean((1, 2, 3)) - fake[:, 7:21, 14:].mean((1, 2, 3))
    # Real images differ by +-90 grey levels or so; a model that ignores the label scores one half.
    assert np.mean((left_minus_right > 0) == (np.arange(40) % 2 == 0)) > 0.9


FAMILY = [
    {"loss": "minimax"},
    {"loss": "least_squares"},
    {"loss": "hinge", "d_normalisation": "spectral"},
    {"loss": "wasserstein", "penalty": "gradient", "critic_steps": 3},
    {"loss": "relativistic", "penalty": "r1", "penalty_every": 2},
    {"loss": "relativistic", "critic_steps": 2, "penalty": "r1_r2", "penalty_every": 1},
    {"d_normalisation": "batch", "minibatch_stddev": True},
    {"g_conditioning": "batch_normalisation", "upsampling": "resize"},
    {"augment": ("flip", "translation", "cutout")},
    {"penalty": "gradient", "augment": ("translation",), "d_normalisation": "spectral"},
]


@pytest.mark.parametrize("settings", FAMILY, ids=lambda s: "-".join(map(str, s.values())))
def test_whole_family_trains_saves_and_resumes(settings, tmp_path):
    """Six steps at once equal three, saved, loaded and three more, bit for bit."""
    import keras

    from prodimg_lib.data.batches import batches
    from tests.samples import same_variables

    images, labels = tiny_images(64)

    def fit(model, steps):
        stream = batches(images, labels, batch_size=16, seed=1, start_step=int(model.step.value))
        model.fit(stream, steps_per_epoch=steps, verbose=0, shuffle=False)
        return model

    def new():
        model = GAN(**TINY, num_classes=2, **settings)
        model.compile()
        return model

    straight, parted = fit(new(), 6), fit(new(), 3)
    parted.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert loaded.config == parted.config
    assert same_variables(parted, loaded)
    assert same_variables(straight, fit(loaded, 3))
    assert all(np.isfinite(v).all() for v in straight.variables)


def test_critic_steps_move_the_generator_only_on_its_turn(batch):
    model = GAN(**TINY, num_classes=2, critic_steps=3)
    model.compile()
    moved = []
    for _ in range(6):
        before = [v.numpy() for v in model.generator.trainable_variables]
        model.train_step(batch)
        after = model.generator.trainable_variables
        moved.append(any(not np.array_equal(a, b) for a, b in zip(before, after, strict=True)))
    assert moved == [False, False, True, False, False, True]
    assert int(model.g_optimizer.iterations) == 2
    assert int(model.d_optimizer.iterations) == 6


def test_lazy_penalty_acts_on_its_steps_with_the_weight_of_all(batch):
    real, labels = batch
    model = GAN(**TINY, num_classes=2, penalty="r1", penalty_weight=4.0, penalty_every=3)
    model.compile()
    bare = losses.r1_penalty(lambda x: model.discriminator([x, labels]), real)
    fake = -tf.reverse(real, axis=[2])  # no part in it
    values = []
    for step in range(6):
        model.step.assign(step)
        values.append(float(model._penalty(real, fake, labels)))
    expected = 3 * 4 / 2 * float(bare)
    assert values == pytest.approx([expected, 0, 0, expected, 0, 0], rel=1e-5)


def test_r1_r2_is_r1_on_real_images_and_on_fakes(batch):
    """For D(x) = |x|^2 / 2 the gradient is x, so the penalty is the mean square length of both."""
    real, labels = batch
    fake = 0.5 * tf.reverse(real, axis=[0])
    model = GAN(**TINY, num_classes=2, penalty="r1_r2", penalty_weight=3.0, penalty_every=2)
    model.compile()
    model.discriminator = lambda inputs, training: 0.5 * tf.reduce_sum(inputs[0] ** 2, [1, 2, 3])
    length = float(tf.reduce_mean(tf.reduce_sum(real**2, [1, 2, 3])))
    expected = 2 * 3 / 2 * (1 + 1 / 4) * length
    assert float(model._penalty(real, fake, labels)) == pytest.approx(expected, rel=1e-5)


def test_a_recipe_is_a_name_for_defaults():
    recipe = GANConfig(recipe="r3gan")
    assert (recipe.loss, recipe.penalty, recipe.penalty_interval) == ("relativistic", "r1_r2", 16)
    assert recipe.given == {"recipe": "r3gan"}
    assert GANConfig(**recipe.model_dump()) == recipe
    assert GANConfig(recipe="r3gan", loss="hinge").loss == "hinge"
    assert GANConfig(recipe="r3gan", penalty="none").penalty == "none"
    with pytest.raises(ValueError, match=r"penalty = 'r1_r2' does not go with minibatch_stddev"):
        GANConfig(recipe="r3gan", minibatch_stddev=True)


def test_gradient_penalty_is_taken_between_real_and_fake(batch):
    real, labels = batch
    model = GAN(**TINY, num_classes=2, penalty="gradient", penalty_weight=3.0)
    model.compile()
    fake, seen = tf.zeros_like(real), []
    model.discriminator = lambda inputs, training: (
        seen.append(inputs[0]) or tf.reduce_mean(inputs[0], axis=[1, 2, 3])
    )
    model._penalty(real, fake, labels)
    share = seen[0].numpy().sum((1, 2, 3)) / real.numpy().sum((1, 2, 3))
    np.testing.assert_allclose(seen[0], real * share[:, None, None, None], rtol=1e-4, atol=1e-6)
    assert 0 < share.min() < share.max() < 1
    assert len(np.unique(share)) == len(share)


def test_a_step_makes_one_power_iteration_of_every_spectral_layer(batch):
    model = GAN(**TINY, num_classes=2, d_normalisation="spectral")
    model.compile()
    spectral = [layer for layer in model.discriminator.layers if hasattr(layer, "u")]
    assert len(spectral) == 5  # two to shrink, one on top, the logit and the classes
    expected = []
    for layer in spectral:
        w = np.asarray(layer._kernel).reshape(-1, layer._kernel.shape[-1])
        u = w.T @ (w @ np.asarray(layer.u))
        expected.append(u / np.linalg.norm(u))
    model.train_step(batch)
    for layer, u in zip(spectral, expected, strict=True):
        np.testing.assert_allclose(layer.u, u, rtol=1e-4, atol=1e-6)


def test_defaults_follow_the_other_settings():
    assert GANConfig(num_classes=3).g_conditioning == "batch_normalisation"
    assert GANConfig(pseudo_classes=0).g_conditioning == "input"
    assert GANConfig().g_conditioning == "batch_normalisation"
    assert GANConfig(num_classes=3).pseudo_classes == 0
    assert GANConfig().pseudo_classes == GANConfig().clusters == 100
    assert GANConfig().given == {}
    assert GANConfig().penalty == "r1"
    for settings in (
        {"d_normalisation": "spectral"},
        {"d_normalisation": "batch"},
        {"minibatch_stddev": True},
        {"penalty": "none"},
    ):
        assert GANConfig(**settings).penalty == "none"
    # What was stated stays, so a stored config means the same in every version.
    stored = GANConfig(num_classes=3, g_conditioning="input", penalty="none")
    assert GANConfig(**stored.model_dump()) == stored


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"penalty": "gradient", "d_normalisation": "batch"}, "each image's own logit"),
        ({"penalty": "r1", "minibatch_stddev": True}, "minibatch_stddev"),
        ({"loss": "wasserstein"}, "bounded slope"),
        ({"penalty": "none", "penalty_weight": 3.0}, "need a penalty"),
        ({"g_conditioning": "batch_normalisation", "pseudo_classes": 0}, "needs classes"),
        ({"num_classes": 2, "pseudo_classes": 5}, "stand in for labels"),
        ({"augment": ("rotate",)}, "rotate"),
    ],
)
def test_combinations_that_cannot_work_are_refused_with_the_reason(settings, words):
    from prodimg_lib import InputError

    with pytest.raises(InputError, match=words):
        GAN(**TINY, **settings)
