"""Fashion-MNIST: its file format, the places it is looked for, damage, download."""

import gzip
import http.server
import os
import socket
import threading

import numpy as np
import pytest
import requests

from prodimg_lib.data import fashion_mnist, load
from prodimg_lib.errors import InputError
from tests.samples import GUARD, idx, put

REAL = fashion_mnist.DEBIAN


# --- the idx format


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 4), (0, 28, 28)])
def test_idx(shape):
    array = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    np.testing.assert_array_equal(fashion_mnist.read_idx(idx(array)), array)


@pytest.mark.parametrize(
    ("cut", "reason"),
    [(0, "not an idx"), (3, "not an idx"), (7, "within its header"), (-1, "bytes of data")],
)
def test_idx_cut_off(cut, reason):
    with pytest.raises(ValueError, match=reason):
        fashion_mnist.read_idx(idx(np.zeros((3, 4), np.uint8))[:cut])


def test_idx_of_another_type_or_too_long():
    good = idx(np.zeros((3, 4), np.uint8))
    with pytest.raises(ValueError, match="not an idx file of bytes"):
        fashion_mnist.read_idx(b"\0\0\x0d" + good[3:])
    with pytest.raises(ValueError, match="13 bytes of data, 12 announced"):
        fashion_mnist.read_idx(good + b"\0")


# --- where Fashion-MNIST is looked for


def test_search_order(elsewhere, small, monkeypatch):
    put(elsewhere / "debian", small)
    assert "Debian package" in load("fashion-mnist").origin
    put(elsewhere / "cache" / "fashion-mnist", small)
    assert "cache" in load("fashion-mnist").origin
    put(elsewhere / "mine", small, packed=False)
    monkeypatch.setenv("PRODIMG_DATA", str(elsewhere / "mine"))
    data = load("fashion-mnist")
    assert str(elsewhere / "mine") in data.origin
    put(elsewhere / "all" / "fashion-mnist", small)
    monkeypatch.setenv("PRODIMG_DATA", str(elsewhere / "all"))
    np.testing.assert_array_equal(load("fashion-mnist").images, data.images)


def test_contents(elsewhere, small):
    put(elsewhere / "debian", small)
    data = load("fashion-mnist")
    assert data.source == "fashion-mnist"
    assert data.images.shape == (40, 28, 28, 1)
    assert data.images.dtype == np.uint8
    assert data.images.flags.writeable
    assert data.test_labels.dtype == np.int64
    stored = small["train-images-idx3-ubyte"][16:]
    assert data.images.tobytes() == stored
    np.testing.assert_array_equal(data.labels, np.arange(40) % 10)


def test_sizes_and_channels(elsewhere, small):
    put(elsewhere / "debian", small)
    plain = load("fashion-mnist").images
    padded = load("fashion-mnist", 32).images
    np.testing.assert_array_equal(padded[:, 2:30, 2:30], plain)
    assert padded.sum() == plain.sum()  # all the rest is the black of its ground
    large = load("fashion-mnist", 64).images
    assert large.shape == (40, 64, 64, 1)
    blocks = large.reshape(40, 32, 2, 32, 2, 1).mean((2, 4))
    assert np.abs(blocks - padded).mean() < 25  # noise, the hardest content for a resize
    colour = load("fashion-mnist", 64, 3).images
    np.testing.assert_array_equal(colour, np.repeat(large, 3, -1))


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("damage", ["truncated", "one bit", "empty"])
def test_damaged_file_is_named(elsewhere, small, packed, damage):
    put(elsewhere / "cache" / "fashion-mnist", small, packed)
    name = "t10k-images-idx3-ubyte" + ".gz" * packed
    path = elsewhere / "cache" / "fashion-mnist" / name
    content = bytearray(path.read_bytes())
    if damage == "one bit":
        content[len(content) // 2] ^= 1
    path.write_bytes(content[: {"truncated": 1000, "empty": 0}.get(damage)])
    with pytest.raises(InputError, match=rf"{path} is .*: delete it, or install it again"):
        load("fashion-mnist")


def test_prodimg_data_without_the_files(elsewhere, small, monkeypatch):
    put(elsewhere / "mine", small)
    (elsewhere / "mine" / "t10k-labels-idx1-ubyte.gz").unlink()
    monkeypatch.setenv("PRODIMG_DATA", str(elsewhere / "mine"))
    message = r"PRODIMG_DATA = .*mine holds no Fashion-MNIST \(t10k-labels-idx1-ubyte not there"
    with pytest.raises(InputError, match=message):
        load("fashion-mnist")


def test_prodimg_data_in_the_home_folder(elsewhere, small, monkeypatch):
    put(elsewhere / "mine", small)
    monkeypatch.setenv("HOME", str(elsewhere))
    monkeypatch.setenv("PRODIMG_DATA", "~/mine")
    assert len(load("fashion-mnist").images) == 40
    monkeypatch.setenv("PRODIMG_DATA", "~nobody-of-this-name/mine")
    with pytest.raises(InputError, match=r"PRODIMG_DATA = ~nobody-of-this-name/mine holds no"):
        load("fashion-mnist")


def test_folder_that_may_not_be_looked_into(elsewhere, small, monkeypatch):
    put(elsewhere / "mine", small)
    monkeypatch.setenv("PRODIMG_DATA", str(elsewhere / "mine"))
    stat = os.stat

    def refuse(path, *args, **options):
        if isinstance(path, str | os.PathLike) and "mine" in os.fspath(path):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return stat(path, *args, **options)

    monkeypatch.setattr(os, "stat", refuse)
    with pytest.raises(InputError, match=r"mine holds no Fashion-MNIST"):
        load("fashion-mnist")


def test_nowhere_to_be_had(elsewhere):
    with pytest.raises(InputError) as caught:
        load("fashion-mnist")
    for way in ("Debian's dataset-fashion-mnist", "PRODIMG_DATA", "--data catalogue"):
        assert way in str(caught.value)
    assert "\n" not in str(caught.value)


# --- download, from servers on this machine


@pytest.fixture
def serve(monkeypatch):
    """serve({path: content}) -> URL of a server that has it, and nothing else."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    servers = []

    def start(files):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                content = files.get(self.path)
                self.send_response(404 if content is None else 200)
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *args):
                pass

        servers.append(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_download_from_the_mirror(elsewhere, small, serve, monkeypatch):
    packed = {f"/{k}.gz": gzip.compress(v, mtime=0) for k, v in small.items()}
    wrong = packed | {"/t10k-labels-idx1-ubyte.gz": b"something else"}
    monkeypatch.setattr(fashion_mnist, "URLS", (serve({}), serve(wrong), serve(packed)))
    lines, calls = [], []
    data = load(
        "fashion-mnist",
        on_message=lines.append,
        on_progress=lambda done, total: calls.append((done, total)),
    )
    assert "downloaded" in data.origin
    assert data.images.tobytes() == small["train-images-idx3-ubyte"][16:]
    assert lines[0].startswith("downloading Fashion-MNIST (31 MB)")
    assert all(0 < done <= total for done, total in calls)
    sizes = {len(content) for content in packed.values()}
    assert sizes <= {total for done, total in calls if done == total}
    names = {path.name for path in (elsewhere / "cache" / "fashion-mnist").iterdir()}
    assert names == {f"{name}.gz" for name in small}  # nothing half done is left
    assert "cache" in load("fashion-mnist").origin


def test_wrong_download_is_not_kept(elsewhere, small, serve, monkeypatch):
    monkeypatch.setattr(fashion_mnist, "URLS", (serve({f"/{k}.gz": b"x" for k in small}),))
    with pytest.raises(InputError, match=r"cannot be downloaded \(SHA256 hash"):
        load("fashion-mnist", on_message=lambda line: None)
    assert not list((elsewhere / "cache").rglob("*.*"))


def test_silent_server_is_given_up_soon(elsewhere, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(fashion_mnist, "_TIMEOUT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, never answers
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        monkeypatch.setattr(fashion_mnist, "URLS", (url, url))
        hangs = threading.Timer(GUARD, os._exit, [1])  # nothing else would end it
        hangs.start()
        with pytest.raises(InputError, match="no network"):
            load("fashion-mnist")
        hangs.cancel()


def test_slow_name_server_is_given_up_soon(elsewhere, monkeypatch):
    """Resolving a name knows no timeout, so requests' own does not help."""

    answered, given_up = [], threading.Event()

    def resolve(*args, **options):
        given_up.wait(GUARD)
        answered.append(args)
        raise OSError("no such name")

    monkeypatch.setattr(fashion_mnist, "_TIMEOUT", 0.2)
    monkeypatch.setattr(fashion_mnist, "URLS", ("http://a.invalid/", "http://b.invalid/"))
    monkeypatch.setattr(requests, "get", resolve)
    with pytest.raises(InputError, match="no network"):
        load("fashion-mnist")
    assert not answered  # given up before the name server answered
    given_up.set()


# --- the real one


@pytest.mark.skipif(not REAL.is_dir(), reason="Debian's dataset-fashion-mnist is not installed")
def test_real_fashion_mnist(monkeypatch, tmp_path):
    monkeypatch.delenv("PRODIMG_DATA", raising=False)
    monkeypatch.setenv("PRODIMG_CACHE", str(tmp_path))
    data = load("fashion-mnist")
    assert data.images.shape == (60000, 28, 28, 1)
    assert data.test_images.shape == (10000, 28, 28, 1)
    assert np.bincount(data.labels).tolist() == [6000] * 10
    assert np.bincount(data.test_labels).tolist() == [1000] * 10
    some = load("fashion-mnist", limit=250)
    assert np.bincount(some.labels).tolist() == [25] * 10
