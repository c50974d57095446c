"""Models train in single precision, and say so under any other policy; or in 16 bits where that is
safe, for the training alone.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from prodimg_lib import GAN, VAE, VQVAE, Flow, InputError, LatentFlow
from prodimg_lib.models.precision import chosen, precision
from prodimg_lib.runs import training
from prodimg_lib.runs.config import RunConfig
from prodimg_lib.runs.show import Show
from tests.samples import TINY, product_images, tiny

KINDS = (GAN, VAE, VQVAE, Flow, LatentFlow)


@pytest.fixture(params=["mixed_float16", "mixed_bfloat16", "float64"])
def policy(request):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(before)


def refused(kind, policy, **options):
    with pytest.raises(
        InputError, match=f"dtype policy = '{policy}': .*set_dtype_policy"
    ) as caught:
        kind(**tiny(kind), **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_another_policy_is_refused_on_one_line(kind, policy):
    refused(kind, policy)
    refused(kind, policy, dtype="float32")  # its networks would still follow the policy


@pytest.mark.parametrize("kind", KINDS)
def test_another_dtype_is_refused_on_one_line(kind):
    refused(kind, "mixed_float16", dtype="mixed_float16")


def test_a_stored_model_is_refused_too_and_loads_when_the_policy_is_back(tmp_path):
    model = VAE(**tiny(VAE))
    model.compile()
    model.save(tmp_path / "vae.keras")
    keras.config.set_dtype_policy("mixed_float16")
    try:
        with pytest.raises(InputError, match="float32 only"):
            keras.models.load_model(tmp_path / "vae.keras")
    finally:
        keras.config.set_dtype_policy("float32")
    assert keras.models.load_model(tmp_path / "vae.keras").config == model.config


@pytest.mark.parametrize(
    "flags", ["fpu avx512_bf16 sha", "fpu amx_bf16", "fpu avx512f bf16x", None]
)
def test_auto_is_16_bits_at_64_px_where_the_processor_multiplies_them(tmp_path, flags):
    processor = tmp_path / "cpuinfo"
    if flags:
        processor.write_text(f"processor: 0\nflags\t\t: {flags}\n")
    able = bool(flags) and "_bf16" in flags
    assert chosen("auto", 64, processor) == ("bfloat16" if able else "float32")
    assert chosen("auto", 28, processor) == "float32"
    assert chosen("bfloat16", 28, processor) == "bfloat16"
    assert chosen("float32", 64, processor) == "float32"


def rounds_to_16_bits():
    """What TensorFlow's graph optimizer is told for the graphs that run first now."""
    options = tf.config.optimizer.get_experimental_options()
    return options.get("auto_mixed_precision_onednn_bfloat16", False)


def test_it_is_as_before_afterwards_even_after_an_error():
    with precision("bfloat16"):
        assert rounds_to_16_bits()
        with precision("float32"):
            assert not rounds_to_16_bits()
        assert rounds_to_16_bits()
    with pytest.raises(ZeroDivisionError), precision("bfloat16"):
        _ = 1 / 0
    assert not rounds_to_16_bits()


def test_a_product_of_matrices_loses_what_16_bits_cannot_hold_and_no_more():
    rng = np.random.default_rng(0)
    a, b = rng.uniform(1, 2, (2, 256, 256)).astype("float32")
    exact = a.astype(float) @ b

    def error(name):
        with precision(name):
            product = tf.function(lambda x, y: tf.matmul(x, y))(a, b)
        assert product.dtype == tf.float32
        return np.abs(product.numpy() / exact - 1).max()

    assert error("float32") < 256 * 2**-24
    assert error("bfloat16") < 3 * 2**-9  # each factor is rounded to 8 bits, and so is the result


@pytest.mark.parametrize("name", ["float32", "bfloat16"])
def test_a_run_trains_and_goes_on_in_its_precision(tmp_path, monkeypatch, name):
    told = []

    class Told(training.Budget):
        def on_train_batch_end(self, *args, **options):
            told.append(rounds_to_16_bits())
            super().on_train_batch_end(*args, **options)

    monkeypatch.setattr(training, "Budget", Told)
    for steps in (2, 4):
        budget = {"minutes": None, "steps": steps, "batch_size": 8, "precision": name}
        config = RunConfig(train=budget, settings=TINY, model="vae", conditional=False)
        training.train(config, product_images(), tmp_path, Show())
    assert told == 4 * [name == "bfloat16"]
    assert not rounds_to_16_bits()
