"""Models train in single precision, and say so under any other policy."""

import keras
import pytest

from prodimg_lib import GAN, VAE, VQVAE, Flow, InputError, LatentFlow
from tests.samples import tiny

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
