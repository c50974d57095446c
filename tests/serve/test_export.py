"""Export: the same images as the model, and a kill at any moment leaves the old or the new."""

import json
import os
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("tf2onnx", reason="the extra `serve` is not installed")
pytest.importorskip("onnxruntime", reason="the extra `serve` is not installed")

from prodimg_lib.errors import InputError
from prodimg_lib.models.flow import Flow
from prodimg_lib.models.gan import GAN
from prodimg_lib.runs.generate import Opened
from prodimg_lib.serve import export as exports
from prodimg_lib.serve import formats
from prodimg_lib.serve.export import MANIFEST, export, read_manifest


@pytest.fixture
def trained(monkeypatch):
    """``trained(model)`` makes it the model that every name stands for."""

    def use(model):
        names = ["left", "right"][: model.config.num_classes]
        monkeypatch.setattr(exports, "opened", lambda *_: Opened(model, names, None, "small"))
        monkeypatch.setattr(exports, "_card", lambda source: {"command": "made by a test"})
        return model

    return use


def loud(model):
    """Kernels of a new generator that are large enough for images of many grey levels."""
    for variable in model.ema_generator.weights:
        if variable.name == "kernel":
            variable.assign(4 * variable.value)
    return model


def test_a_kill_at_any_moment_leaves_the_old_or_the_new(trained, tmp_path, monkeypatch):
    def small(function, *path):  # what is written is no matter here
        path[-1].parent.mkdir(exist_ok=True)
        if path[-1].suffix:
            path[-1].write_bytes(os.urandom(20))
        else:
            path[-1].mkdir()
            (path[-1] / "saved_model.pb").write_bytes(os.urandom(20))

    trained(
        SimpleNamespace(
            config=SimpleNamespace(size=28, channels=1, num_classes=0), conditional=False
        )
    )
    monkeypatch.setattr(exports, "drawing_of", lambda model, drawing: {})
    monkeypatch.setattr(exports, "origin_of", lambda *_: {"weights": "ab" * 32})
    monkeypatch.setattr(exports, "_compare", lambda *_: {"onnx": 0, "saved_model": 0})
    monkeypatch.setattr(formats, "graph_of", lambda *_: None)
    monkeypatch.setattr(formats, "signature", lambda _: {})
    monkeypatch.setattr(formats, "without_onnx", lambda _: None)
    monkeypatch.setattr(formats, "write_onnx", small)
    monkeypatch.setattr(formats, "write_saved_model", small)
    out = tmp_path / "out"
    export("small", out)
    calls = [
        *((os, name) for name in ("replace", "fsync", "open")),
        (exports, "_digests"),
        (exports, "_compare"),
        (formats, "write_onnx"),
        (exports, "write_atomically"),
    ]
    seen = set()
    for place, name in calls:
        for after in range(1, 8):
            count, real = 0, getattr(place, name)

            def killed(*arguments, real=real, after=after, **options):
                nonlocal count
                count += 1
                if count >= after:  # from here on nothing is done any more
                    raise KeyboardInterrupt
                return real(*arguments, **options)

            with monkeypatch.context() as patch:
                patch.setattr(exports, "_clear", lambda *_, **__: None)  # a kill tidies nothing
                patch.setattr(place, name, killed)
                try:
                    export("small", out)
                except (KeyboardInterrupt, OSError):
                    seen.add(name)
            read_manifest(out)  # whole, whichever it is: its hashes are those of its files
    assert seen >= {"replace", "write_atomically", "_compare"}
    export("small", out)
    assert len([p for p in out.iterdir() if p.is_dir()]) == 1  # nothing is left lying about


def test_what_is_not_ours_stays(trained, tmp_path):
    trained(GAN(width=4, latent_dim=4, num_classes=2))
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"notes\.txt is there already"):
        export("small", tmp_path)
    (tmp_path / "notes.txt").unlink()
    (tmp_path / MANIFEST).write_text(json.dumps({"files": []}))
    with pytest.raises(InputError, match=r"manifest\.json is there already"):
        export("small", tmp_path)


def test_a_file_that_was_changed_is_said(tmp_path):
    told = {"kind": "prodimg export", "files": {"sha256": {"model.onnx": "0" * 64}}}
    (tmp_path / MANIFEST).write_text(json.dumps(told))
    with pytest.raises(InputError, match=r"model\.onnx is not the file"):
        read_manifest(tmp_path)
    with pytest.raises(InputError, match="cannot read"):
        read_manifest(tmp_path / "nowhere")


def test_both_files_give_the_images_of_the_model(trained, tmp_path):
    model = trained(loud(GAN(width=4, latent_dim=4, num_classes=2)))
    export("small", tmp_path / "out")
    manifest = read_manifest(tmp_path / "out")
    assert manifest["without_onnx"] is None
    z, labels = model.latents(20, seed=3), model.labels_for(20)
    right = model.generate(20, seed=3)
    assert len(np.unique(right)) > 10
    for kind, load in (("onnx", formats.onnx), ("saved_model", formats.saved_model)):
        images = load(tmp_path / "out" / manifest["files"][kind])(z, labels)
        assert images.dtype == np.uint8
        assert np.abs(images.astype(int) - right).max() <= 1
    assert manifest["inputs"]["z"]["shape"] == [None, model.noise_dim]
    assert ("labels" in manifest["inputs"]) == model.conditional


def test_a_flow_is_a_saved_model_alone_and_the_manifest_says_why(trained, tmp_path, monkeypatch):
    def never(*_):
        raise AssertionError("the converter was asked")

    monkeypatch.setattr(formats, "write_onnx", never)
    model = trained(Flow(width=4, steps=2, num_classes=2, guidance=2.0))
    rng = np.random.default_rng(1)
    for variable in model.ema_network.weights:  # a new one says 0 to everything
        variable.assign(rng.normal(scale=0.05, size=variable.shape))
    for _ in range(2):  # the second time it finds the folder of the first
        export("small", tmp_path / "out", steps=3)
    manifest = read_manifest(tmp_path / "out")
    assert manifest["files"]["onnx"] is None
    assert "loop" in manifest["without_onnx"]
    assert manifest["drawing"]["steps"] == 3
    assert not list(tmp_path.rglob("*.onnx"))
    assert len([path for path in (tmp_path / "out").iterdir() if path.is_dir()]) == 1
    z, labels = model.latents(5, seed=3), model.labels_for(5)
    images = formats.saved_model(tmp_path / "out" / manifest["files"]["saved_model"])(z, labels)
    right = model.generate(5, seed=3, steps=3)
    assert len(np.unique(right)) > 10
    assert np.abs(images.astype(int) - right).max() <= 1
    assert (right != model.generate(5, seed=3, steps=1)).any()


def test_a_file_that_is_off_is_not_kept(trained, tmp_path, monkeypatch):
    trained(GAN(width=4, latent_dim=4, num_classes=2))
    real = formats.onnx
    monkeypatch.setattr(
        formats, "onnx", lambda path: lambda z, labels: real(path)(z, labels) ^ np.uint8(2)
    )
    with pytest.raises(InputError, match="the onnx file is off by"):
        export("small", tmp_path / "out")
    assert not any(path.is_dir() for path in (tmp_path / "out").iterdir())
