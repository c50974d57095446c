"""What is measured of a candidate beside its run: requests and time."""

import numpy as np
import pytest

from prodimg_lib.metrics.extractors import FunctionExtractor
from prodimg_lib.runs import candidates
from tests.samples import product_images, tiny_images


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
