"""The doctor: every diagnosis is provoked and found, and a healthy run gets none."""

import numpy as np
import pytest

from prodimg_lib import GAN
from prodimg_lib.data.batches import batches
from prodimg_lib.metrics import kernel_distance
from prodimg_lib.metrics.extractors import FunctionExtractor
from prodimg_lib.runs.doctor import TrainingDoctor, diagnose


def squares(n, seed=0):
    """Two classes, bright and dark squares, each anywhere: variety that a collapse would lose."""
    rng = np.random.default_rng(seed)
    images = np.full((n, 28, 28, 1), 128, np.uint8)
    labels = np.arange(n) % 2
    for image, label in zip(images, labels, strict=True):
        x, y = rng.integers(0, 16, 2)
        image[y : y + 12, x : x + 12] = 255 * label
    return images, labels


def train(steps=150, every=50, optimizers=(), **settings):
    """A doctor that watched a small GAN without stabilisers; rates and losses decide the rest."""
    images, labels = squares(256)
    bare = {"penalty": "none", "g_conditioning": "input", "num_classes": 2}
    model = GAN(**{**bare, "width": 8, "latent_dim": 8, **settings})
    model.compile(*optimizers)
    doctor = TrainingDoctor(images, labels, every=every)
    model.fit(
        batches(images, labels, batch_size=32, seed=0),
        steps_per_epoch=steps,
        verbose=0,
        shuffle=False,
        callbacks=[doctor],
    )
    return doctor


def names(doctor):
    return {finding.name for _, finding in doctor.findings}


def test_a_healthy_run_has_no_findings():
    doctor = train(300, g_learning_rate=1e-3, d_learning_rate=3e-4)
    assert names(doctor) == set()
    assert [check["step"] for check in doctor.checks] == [50, 100, 150, 200, 250, 300]


def test_discriminator_that_dominates():
    assert "dominated" in names(train(g_learning_rate=1e-6, d_learning_rate=3e-3))


def test_generator_that_is_saturated():
    found = names(train(loss="minimax", g_learning_rate=1e-6, d_learning_rate=3e-3))
    assert "saturated" in found


def test_collapse():
    assert "collapsed" in names(train(g_learning_rate=3e-2, d_learning_rate=1e-5))


def test_not_a_number_stops_training():
    import keras

    doctor = train(optimizers=(keras.optimizers.SGD(1e30), keras.optimizers.SGD(1e30)))
    assert "not_a_number" in names(doctor)
    assert doctor.model.stop_training
    assert int(doctor.model.step.value) < 150


def rows(n=40, **columns):
    healthy = {
        "d_loss": 1.2,
        "g_loss": 1.0,
        "d_real_accuracy": 0.7,
        "d_fake_accuracy": 0.75,
        "d_gradient_norm": 1.0,
        "g_gradient_norm": 1.0,
    }
    return [
        {key: np.broadcast_to(columns.get(key, value), n)[i] for key, value in healthy.items()}
        for i in range(n)
    ]


def looks(*distances, **more):
    return [{"duplicates": 0.0, "spread": 1.0, "distance": d, **more} for d in distances]


@pytest.mark.parametrize(
    ("logs", "checks", "expected"),
    [
        ([], [], []),
        (rows(), looks(90, 50, 30, 20), []),
        (rows(d_gradient_norm=np.r_[np.ones(35), 10.0 ** np.arange(5)]), [], ["exploding"]),
        (rows(g_gradient_norm=np.r_[np.ones(35), 10.0 ** np.arange(5)]), [], ["exploding"]),
        (rows(d_real_accuracy=0.99, d_fake_accuracy=0.99), [], ["dominated"]),
        (  # a gradient that had faded and is back at its first size has not exploded
            rows(
                d_real_accuracy=0.99,
                d_fake_accuracy=0.99,
                d_gradient_norm=np.r_[np.ones(10), np.full(28, 1e-4), 1.0, 1.0],
            ),
            [],
            ["dominated"],
        ),
        (rows(d_real_accuracy=0.99, d_fake_accuracy=0.6), [], []),
        (
            rows(
                d_real_accuracy=0.99,
                d_fake_accuracy=0.99,
                g_gradient_norm=np.geomspace(1, 1e-4, 40),
            ),
            [],
            ["saturated"],
        ),
        (rows(), [{"duplicates": 0.9, "spread": 1.0}] * 2, ["collapsed"]),
        (rows(), [{"duplicates": 0.0, "spread": 0.1}] * 2, ["collapsed"]),
        (rows(), [{"duplicates": 0.9, "spread": 0.1}], []),
        (
            rows(),
            [{"duplicates": 0.0, "spread": 1.0, "classes": 2.0, "classes_expected": 10.0}] * 2,
            ["collapsed", "missing"],
        ),
        (rows(), looks(90, 30, 20, 21, 40, 45, 44), ["worse"]),
        (rows(), looks(90, 30, 20, 21, 40, 21, 22), []),  # one bad look is noise
        (rows(), looks(14, 14, 15, 20, 19, 20), []),
        # near 0 a distance without bias is all noise, of either sign, and no ratio means anything
        (rows(), looks(0.3, 0.001, -0.002, 0.001, 0.004, 0.005, 0.004, noise=0.01), []),
        (rows(), looks(0.3, 0.001, -0.002, 0.001, 0.04, 0.05, 0.04, noise=0.01), ["worse"]),
        (rows(g_loss=np.nan), looks(1), ["not_a_number"]),
    ],
)
def test_diagnoses(logs, checks, expected):
    found = diagnose(logs, checks)
    assert [finding.name for finding in found] == expected
    for finding in found:
        assert "{" not in str(finding)
        assert finding.advice


def test_a_network_that_knows_no_classes_tells_the_distance_alone():
    """By the kernel distance of few images, as it is slow and has more features than images."""
    images, labels = squares(256)
    seen = []

    def pixels(x):
        seen.append(len(x))
        return x.reshape(len(x), -1) / 255

    doctor = TrainingDoctor(images, labels, extractor=FunctionExtractor(pixels, "pixels"))
    model = GAN(width=4, latent_dim=8, num_classes=2)
    doctor.set_model(model)
    doctor._step = 0
    seen.clear()
    check = doctor.measure()
    assert sum(seen) == 64
    assert check.keys() == {"duplicates", "spread", "distance", "noise"}
    fake = model.generate(200, seed=0)[:64].reshape(64, -1) / 255
    real = images.reshape(256, -1) / 255
    assert check["distance"] == pytest.approx(kernel_distance(real, fake, 1, 256)[0])
    # What real images in their place would score stays within the noise, nearly always.
    draws = [squares(64, seed)[0].reshape(64, -1) / 255 for seed in range(1, 21)]
    usual = [abs(kernel_distance(real, draw, 1, 256)[0]) for draw in draws]
    assert np.mean(np.array(usual) < check["noise"]) >= 0.9
    assert kernel_distance(real, np.ones((64, 784)), 1, 256)[0] > 10 * check["noise"]


@pytest.mark.parametrize(
    ("shares", "more", "expected"),
    [
        ((0.1, 0.2, 0.5, 0.7, 0.8, 0.3, 0.2, 0.3, 0.2), {}, ["colours"]),
        ((0.0, 0.0, 0.1, 0.1, 0.2, 0.1, 0.0, 0.0, 0.1), {}, []),  # young: it had none to lose
        ((0.1, 0.2, 0.5, 0.7, 0.8, 0.8, 0.1, 0.8, 0.8), {}, []),  # one bad look is noise
        ((0.8, 0.8, 0.8, 0.7, 0.7, 0.6, 0.6, 0.6, 0.6), {}, []),
        ((0.1, 0.2, 0.5, 0.7, 0.8, 0.3, 0.2, 0.3, 0.2), {"spread": 0.1}, ["collapsed"]),
    ],
)
def test_colours_that_were_there_and_are_lost_are_found(shares, more, expected):
    checks = [looks(5.0, colours=share, **more)[0] for share in shares]
    assert [finding.name for finding in diagnose(rows(), checks)] == expected


def test_the_doctor_measures_colours_of_images_that_have_some():
    from prodimg_lib import load

    data = load("catalogue", limit=500)

    class Model:
        def __init__(self, images):
            self.images = images

        def generate(self, n, seed):
            return self.images[:n]

        def labels_for(self, n):
            return data.test_labels[:n]

    watching = TrainingDoctor(data.images, data.labels, images=200)
    for images, low, high in (
        (data.test_images, 0.9, 1.1),
        (data.test_images.mean(-1, keepdims=True).astype(np.uint8).repeat(3, -1), 0, 0.05),
    ):
        watching.set_model(Model(images))
        watching._step = 0
        assert low <= watching.measure()["colours"] <= high
    grey = TrainingDoctor(*squares(256))
    grey.set_model(Model(squares(256)[0]))
    grey._step = 0
    assert "colours" not in grey.measure()
