"""What is measured of a candidate beside its run: copies, requests, time."""

from dataclasses import replace

import numpy as np
import pytest

from prodimg_lib.metrics.extractors import FunctionExtractor
from prodimg_lib.runs import candidates
from tests.samples import product_images, tiny_images


def test_copies_of_training_photographs_are_counted_and_new_ones_are_not():
    rng = np.random.default_rng(0)
    shape = (60, 28, 28, 1)
    train, held_out, new = (
        rng.integers(0, 255, (60, 7, 7, 1), np.uint8).repeat(4, 1).repeat(4, 2) for _ in range(3)
    )
    data = replace(product_images(), images=train, test_images=held_out)
    noise = rng.integers(0, 9, shape, np.uint8)
    facts = candidates.copied(train // 2 + train // 4 + noise, data)  # darker, and a little noisy
    assert facts["value"] < 1
    facts = candidates.copied((train * 0.95).astype(np.uint8) + noise, data)
    assert (facts["value"], facts["floor"], facts["n"]) == (1, 0, 60)
    assert facts["uncertainty"] > 0
    assert candidates.copied(new, data)["value"] == 0
    mixed = np.concatenate([train[:15], new[:45]])
    assert candidates.copied(mixed, data)["value"] == 0.25


def test_requests_are_met_by_the_class_of_the_nearest_photographs():
    data = product_images()
    halves = FunctionExtractor(lambda x: x.reshape(len(x), -1).astype(float), "pixels")
    images, labels = tiny_images(30, seed=7)
    met = candidates.requests(images, labels, data, halves)
    assert (met["value"], met["floor"], met["n"], met["floor_n"]) == (1, 1, 30, 20)
    assert candidates.requests(images, 1 - labels, data, halves)["value"] == 0
    third = np.where(np.arange(30) < 10, labels, 1 - labels)
    assert candidates.requests(images, third, data, halves)["value"] == pytest.approx(1 / 3)


def test_time_is_by_the_clock_and_the_first_batch_is_not_counted():
    class Model:
        now, drawn, cost = 0.0, 0, 100.0

        def generate(self, n, seed):
            Model.now += self.cost
            self.cost = 0.32 if self.drawn % 2 else 0.64
            self.drawn += 1

    facts = candidates.speed(model := Model(), clock=lambda: Model.now)
    assert model.drawn == candidates.BATCHES + 1
    assert facts["value"] == pytest.approx(0.015)
    spread = np.std([0.01, 0.02] * 4, ddof=1)
    assert facts["uncertainty"] == pytest.approx(spread / np.sqrt(8))
    assert facts["n"] == 256
