"""In how many bits training computes."""

import re
from contextlib import contextmanager
from pathlib import Path

import tensorflow as tf

_OPTION = "auto_mixed_precision_onednn_bfloat16"


def chosen(name, size, processor=Path("/proc/cpuinfo")):
    """``train.precision`` for images of this side, where ``auto`` is said.

    That is ``bfloat16`` at 64 px, on a processor that multiplies such numbers; else ``float32``.
    Smaller images gain less.
    """
    if name != "auto":
        return name
    try:
        able = re.search(r"\b(avx512_bf16|amx_bf16)\b", processor.read_text())
    except OSError:  # another system
        able = None
    return "bfloat16" if able and size == 64 else "float32"


@contextmanager
def precision(name):
    """Compute as ``chosen`` says while the block runs, and as before afterwards.

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
