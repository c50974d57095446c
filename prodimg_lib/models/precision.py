"""In how many bits training computes."""

from contextlib import contextmanager

import tensorflow as tf

_OPTION = "auto_mixed_precision_onednn_bfloat16"


@contextmanager
def precision(name):
    """Compute as ``train.precision`` says while the block runs, and as before afterwards.

    With ``bfloat16`` TensorFlow's graph optimizer gives convolutions and matrix products of a
    training step 16-bit inputs where that is safe (Micikevicius et al. 2018; Kalamkar et al. 2019).
    Weights, gradients' sums and losses stay float32; bfloat16 has float32's range, so the loss
    needs no scaling. A graph is optimised when it first runs: it must do so inside the block.

    Args:
        name: "float32" or "bfloat16".
    """
    before = tf.config.optimizer.get_experimental_options().get(_OPTION, False)
    tf.config.optimizer.set_experimental_options({_OPTION: name == "bfloat16"})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({_OPTION: before})
