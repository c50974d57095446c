"""Training on two devices or in two processes is training on one: same losses."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from prodimg_lib.models import replicas
from tests.samples import GUARD
from tests.two_devices import MODELS, STEPS
from tests.two_processes import WHICH


@pytest.fixture(scope="module")
def outcome():
    done = subprocess.run(
        [sys.executable, "-m", "tests.two_devices"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=GUARD,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("i", range(len(MODELS)), ids=lambda i: f"{MODELS[i][0].__name__}-{i}")
def test_two_devices_give_the_losses_of_one(outcome, i):
    """Equal but for the order of float32 sums: 1e-7 measured, 1e-5 allowed over the steps.

    Importance weights are exponentials of numbers as large as the loss, so what they weigh is as
    good as the rounding of the loss, 6e-8 of it.

    Replicas that drew the same noise, normalised their own halves or added their gradients up
    would differ in the third digit.
    """
    assert outcome["replicas"] == 2
    one, two = outcome["models"][i]
    _alike(one["logs"], two["logs"])
    assert np.abs(np.subtract(one["images"], two["images"])).max() <= 1


def _alike(one, two):
    assert len(one) == len(two) == STEPS
    for a, b in zip(one, two, strict=True):
        rounding = 6e-8 * max(abs(value) for value in a.values())
        assert b == pytest.approx(a, rel=1e-5, abs=max(1e-7, rounding))


def test_two_processes_give_the_losses_of_one(outcome):
    with socket.socket() as one, socket.socket() as other:
        for place in (one, other):
            place.bind(("localhost", 0))
        places = [f"localhost:{place.getsockname()[1]}" for place in (one, other)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.two_processes", str(i), *places],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            text=True,
        )
        for i in range(2)
    ]
    try:
        told = [json.loads(p.communicate(timeout=GUARD)[0].splitlines()[-1]) for p in processes]
    finally:
        for process in processes:
            process.kill()
    for each in told:
        assert each["replicas"] == 2
        for i, rows in zip(WHICH, each["logs"], strict=True):
            _alike(outcome["models"][i][0]["logs"], rows)


def test_what_cannot_run_on_several_devices_is_refused(outcome):
    gan, vqvae = outcome["refused"]
    assert "critic_steps = 2" in gan
    assert "one device" in gan
    assert "VQVAE trains on one device" in vqvae


def test_one_device_gets_back_what_it_gave():
    values = [tf.constant([1.0, 2.0])]
    assert replicas.mean(values) is values
    assert not replicas.several()
    expected = tf.random.stateless_normal([3, 2], [1, 2])
    np.testing.assert_array_equal(replicas.normal([3, 2], [1, 2]), expected)
