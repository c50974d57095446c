"""A GAN without labels: pseudo-classes in training, in files and in what is drawn."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from prodimg_lib import GAN, InputError
from prodimg_lib.data.batches import batches
from prodimg_lib.models.clustered import _untruncated
from tests.samples import TINY, same_variables, tiny_images

FEW = TINY | {"pseudo_classes": 2}


def new(**settings):
    model = GAN(**{**FEW, **settings})
    model.compile()
    return model


def fitted(model, steps, n=64):
    stream = batches(tiny_images(n)[0], batch_size=16, seed=1, start_step=int(model.step.value))
    model.fit(stream, steps_per_epoch=steps, verbose=0, shuffle=False)
    return model


def test_networks_are_told_what_clusters_say():
    """A step without labels equals the step of a model with labels on (images, clusters)."""
    images = tf.constant(tiny_images(16)[0] / 127.5 - 1, tf.float32)
    model, told = new(), GAN(**TINY, num_classes=2)
    told.compile()
    model.fit_clusters(tiny_images(64)[0])
    labels = model.clusters(images)
    assert set(np.asarray(labels)) == {0, 1}
    for _ in range(3):
        model.train_step(images)
        told.train_step((images, labels))
    for part in ("generator", "discriminator", "ema_generator"):
        pairs = zip(getattr(model, part).variables, getattr(told, part).variables, strict=True)
        assert all(np.array_equal(a, b) for a, b in pairs)


def test_saved_and_resumed_it_is_the_undisturbed_one(tmp_path):
    straight, parted = fitted(new(), 6), fitted(new(), 3)
    assert straight.clusters.adapted
    parted.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert loaded.config == parted.config
    assert same_variables(parted, loaded)
    assert same_variables(straight, fitted(loaded, 3))
    np.testing.assert_array_equal(straight.generate(5, seed=3), loaded.generate(5, seed=3))


def test_a_later_fit_keeps_the_clusters():
    model = fitted(new(), 1)
    before = model.clusters.centres.numpy()
    model.fit(np.zeros((16, 28, 28, 1), np.float32), batch_size=16, verbose=0)
    np.testing.assert_array_equal(model.clusters.centres, before)


def test_without_pseudo_classes_nothing_is_different():
    plain = GAN(**TINY, pseudo_classes=0)
    assert plain.clusters is None
    assert plain.noise_dim == TINY["latent_dim"]
    assert plain.sampler is plain.ema_generator
    assert len(plain.generator.inputs) == len(plain.discriminator.inputs) == 1
    with pytest.raises(InputError, match="no pseudo-classes"):
        plain.fit_clusters(tiny_images(4)[0])


def test_a_file_that_knows_of_none_means_none():
    stored = GAN(**TINY, pseudo_classes=0).get_config()
    del stored["config"]["pseudo_classes"]
    assert GAN.from_config(stored).config.pseudo_classes == 0
    assert GAN.from_config(new().get_config()).config.pseudo_classes == 2


def told(model, latents):
    """The clusters that the generator is asked for."""
    return np.asarray(model.with_clusters(latents)[1])


@pytest.mark.parametrize("truncation", [None, 0.5])
def test_images_are_drawn_from_clusters_by_their_share(truncation):
    model = new()
    model.clusters.share.assign([0.2, 0.8])
    n = 20_000
    latents = model.place(model.latents(n, seed=1, truncation=truncation), None, truncation)
    # Four standard deviations.
    assert abs(told(model, latents).mean() - 0.8) < 4 * np.sqrt(0.2 * 0.8 / n)
    if truncation:
        assert np.abs(latents[:, :-1]).max() <= truncation


def test_an_image_depends_on_seed_and_place_only():
    model = new()
    model.clusters.share.assign([0.5, 0.5])
    assert model.generate(7, seed=4).shape == (7, 28, 28, 1)
    np.testing.assert_array_equal(model.latents(7, seed=4)[:3], model.latents(3, seed=4))
    clusters = told(model, model.latents(50, seed=4))
    assert set(clusters) == {0, 1}
    assert not np.array_equal(clusters, told(model, model.latents(50, seed=5)))
    assert model.labels_for(5) is None  # a cluster is no class that somebody could ask for


def test_whole_normal_out_of_a_cut_one():
    model = new()
    cut = model.latents(1000, seed=0, truncation=1.5)[:, 0]
    whole = model.latents(1000, seed=0)[:, 0]
    np.testing.assert_allclose(_untruncated(cut, 1.5), whole, atol=1e-4)


def test_a_generator_is_not_read_twice_and_it_is_said():
    images = tiny_images(16)[0] / np.float32(127.5) - np.float32(1)
    model = new()
    with pytest.warns(UserWarning, match="fit_clusters"):
        model.fit(((images,) for _ in range(2)), steps_per_epoch=2, verbose=0, shuffle=False)
    assert int(model.step.value) == 2
    assert not model.clusters.adapted


def test_learns_the_two_halves_without_being_told():
    """200 steps on bright squares left and right: each cluster draws one of them, half and half."""
    model = GAN(width=8, latent_dim=8, pseudo_classes=2)
    model.compile()
    stream = batches(tiny_images(256)[0], batch_size=32)
    model.fit(stream, steps_per_epoch=200, verbose=0, shuffle=False)
    fake = model.generate(40).astype(float)
    left = fake[:, 7:21, :14].mean((1, 2, 3)) > fake[:, 7:21, 14:].mean((1, 2, 3))
    cluster = told(model, model.latents(40))
    assert max(np.mean(left == cluster), np.mean(left != cluster)) > 0.9
