"""What all models share: sampling, labels, saving and resuming, for every size and mode."""

import keras
import numpy as np
import pytest
from scipy import stats

from prodimg_lib import GAN, VAE, VQVAE, Flow, InputError, LatentFlow
from prodimg_lib.data.batches import batches
from tests.samples import TINY, same_variables, tiny, tiny_images

EVERY = pytest.mark.parametrize("kind", [GAN, VAE, VQVAE, Flow, LatentFlow])


def fitted(kind, steps, start=0, model=None, **settings):
    if model is None:
        model = kind(**tiny(kind), **settings)
        model.compile()
    images, labels = tiny_images(size=model.config.size, channels=model.config.channels)
    stream = batches(
        images, labels if model.conditional else None, batch_size=16, seed=3, start_step=start
    )
    model.fit(stream, steps_per_epoch=steps, verbose=0, shuffle=False)
    return model


@EVERY
@pytest.mark.parametrize("classes", [0, 2])
@pytest.mark.parametrize(
    ("size", "channels"), [(28, 1), (28, 3), (32, 1), (32, 3), (64, 1), (64, 3)]
)
def test_every_size_and_mode_generates_uint8(kind, size, channels, classes):
    model = kind(**tiny(kind), size=size, channels=channels, num_classes=classes)
    images = model.generate(3)
    assert images.shape == (3, size, size, channels)
    assert images.dtype == np.uint8


@EVERY
@pytest.mark.parametrize("classes", [0, 2])
def test_saved_and_loaded_goes_on_as_if_never_stopped(kind, classes, tmp_path):
    straight = fitted(kind, 6, num_classes=classes)
    first = fitted(kind, 3, num_classes=classes)
    first.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert int(loaded.step.value) == 3
    assert same_variables(first, loaded)
    resumed = fitted(kind, 3, start=3, model=loaded)
    assert same_variables(straight, resumed)
    assert not same_variables(first, resumed)


@pytest.mark.parametrize(
    "settings",
    [
        {"likelihood": "continuous_bernoulli", "kl_warmup": 5, "free_bits": 0.1},
        {"importance_samples": 3, "prior_components": 2},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_every_objective_resumes(settings, tmp_path):
    straight = fitted(VAE, 6, **settings)
    fitted(VAE, 3, **settings).save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.config == straight.config
    assert same_variables(straight, fitted(VAE, 3, start=3, model=loaded))


@EVERY
def test_seed_decides_training(kind):
    assert same_variables(fitted(kind, 2, seed=5), fitted(kind, 2, seed=5))
    assert not same_variables(fitted(kind, 2, seed=5), fitted(kind, 2, seed=6))


@EVERY
def test_image_i_depends_on_neither_n_nor_batch_size(kind):
    model = kind(**tiny(kind), num_classes=2)
    many = model.generate(9, seed=4)
    np.testing.assert_array_equal(many[:4], model.generate(4, seed=4))
    # Convolutions may sum in another order for another batch size: one grey level at most.
    other = model.generate(9, seed=4, batch_size=2).astype(int)
    assert np.abs(other - many).max() <= 1
    assert not np.array_equal(many, model.generate(9, seed=5))


def test_latents_are_standard_normal_and_truncation_cuts_them():
    model = VAE(**TINY)
    z = model.latents(4000).ravel()
    # Kolmogorov-Smirnov at n = 20,000: p below 1e-3 one seed in a thousand, and the seed is fixed.
    assert stats.kstest(z, "norm").pvalue > 1e-3
    cut = model.latents(4000, truncation=0.7).ravel()
    assert np.abs(cut).max() <= 0.7
    assert stats.kstest(cut, stats.truncnorm(-0.7, 0.7).cdf).pvalue > 1e-3
    # The same seed keeps its order, so a truncated image is a tamer version of the same image.
    assert np.corrcoef(z, cut)[0, 1] > 0.9


@EVERY
def test_labels(kind):
    model = kind(**tiny(kind), num_classes=3)
    if kind is VQVAE:  # untrained its prior is uniform, whatever the class
        model.prior.head.kernel.assign(np.random.default_rng(0).normal(size=(8, 8)))
    if issubclass(kind, Flow):  # untrained it goes nowhere, whatever the class
        for weight in model.ema_network.weights:
            weight.assign_add(0.1 * np.random.default_rng(0).normal(size=weight.shape))
    np.testing.assert_array_equal(model.labels_for(5), [0, 1, 2, 0, 1])
    np.testing.assert_array_equal(model.labels_for(3, 2), [2, 2, 2])
    one, two = model.generate(2, labels=[0, 1], seed=0), model.generate(2, labels=[1, 1], seed=0)
    assert not np.array_equal(one[0], two[0])
    np.testing.assert_array_equal(one[1], two[1])


@EVERY
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "at least 1"),
        ({"n": 2, "labels": [0]}, "2 of them"),
        ({"n": 2, "labels": 9}, "0..1"),
        ({"n": 2, "truncation": 0.0}, "truncation"),
    ],
)
def test_bad_requests_are_named(kind, arguments, message):
    with pytest.raises(InputError, match=message):
        kind(**tiny(kind), num_classes=2).generate(**arguments)


@EVERY
def test_labels_on_an_unconditional_model_and_none_on_a_conditional_one(kind):
    with pytest.raises(InputError, match="not conditional"):
        kind(**tiny(kind)).generate(2, labels=1)
    model = kind(**tiny(kind), num_classes=2)
    model.compile()
    images = np.zeros((4, 28, 28, 1), "float32")
    with pytest.raises(InputError, match="fit it on"):
        model.fit(images, verbose=0)


@EVERY
def test_unknown_setting_is_named(kind):
    with pytest.raises(InputError, match="did you mean 'width'"):
        kind(widths=3)
    with pytest.raises(InputError, match="size = 48"):
        kind(size=48)
