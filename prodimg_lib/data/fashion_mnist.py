"""Fashion-MNIST (Xiao et al. 2017): 70,000 product photographs, 28x28 grey, 10 classes.

Searched for in this order: the folder named by ``PRODIMG_DATA``, the cache, Debian's package, a
download. Wherever it comes from, the content must have the pinned SHA-256.
"""

import gzip
import hashlib
import math
import os
import threading
import time
import zlib
from pathlib import Path

import numpy as np

from prodimg_lib.cache import cache_folder
from prodimg_lib.errors import InputError

CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
DEBIAN = Path("/usr/share/datasets/fashion-mnist")
URLS = (
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
)
# name: (SHA-256 of the published .gz, SHA-256 of what is inside: Debian packs it anew)
FILES = {
    "train-images-idx3-ubyte": (
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    ),
    "train-labels-idx1-ubyte": (
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    ),
    "t10k-images-idx3-ubyte": (
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    ),
    "t10k-labels-idx1-ubyte": (
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
}
_TIMEOUT = 5  # seconds; without a network the answer should come soon


def load_fashion_mnist(on_message=None, on_progress=None):
    """All four arrays and where they came from.

    Args:
        on_message: called with a line before a download.
        on_progress: called with (done, total) in bytes during a download.

    Returns:
        ``(arrays, origin)``; arrays in the order of ``FILES``: uint8 images [n, 28, 28, 1], int64
        labels [n].

    Raises:
        InputError: nowhere to be had, or a file that is not what it should be.
    """
    folder, origin = _find(on_message, on_progress)
    return [_read(folder, name) for name in FILES], origin


def read_idx(content):
    """Array in an idx file of bytes: 0, 0, type (8: uint8), dimensions, sizes (big-endian), data.

    Raises:
        ValueError: another kind of file, or cut off.
    """
    if content[:3] != b"\0\0\x08" or len(content) < 4:
        raise ValueError("not an idx file of bytes")
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise ValueError("cut off within its header")
    shape = [int(side) for side in np.frombuffer(content, ">u4", content[3], 4)]
    if len(content) - start != math.prod(shape):
        raise ValueError(f"{len(content) - start} bytes of data, {math.prod(shape)} announced")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def _find(on_message, on_progress):
    named = os.environ.get("PRODIMG_DATA")
    if named:
        folder = Path(os.path.expanduser(named))
        for place in (folder, folder / "fashion-mnist"):
            if not _missing(place):
                return place, f"Fashion-MNIST from {place}"
        raise InputError(
            f"PRODIMG_DATA = {named} holds no Fashion-MNIST ({', '.join(_missing(folder))} not "
            "there, plain or .gz): correct it or unset it"
        )
    cache = cache_folder() / "fashion-mnist"
    if not _missing(cache):
        return cache, "Fashion-MNIST from the cache"
    if not _missing(DEBIAN):
        return DEBIAN, "Fashion-MNIST from the Debian package dataset-fashion-mnist"
    _download(cache, on_message, on_progress)
    return cache, "Fashion-MNIST, downloaded"


def _path(folder, name):
    for path in (folder / f"{name}.gz", folder / name):
        if os.path.isfile(path):  # Path.is_file raises where a folder is closed to us
            return path
    return None


def _missing(folder):
    return [name for name in FILES if not _path(folder, name)]


def _read(folder, name):
    path = _path(folder, name)
    try:
        content = path.read_bytes()
        content = gzip.decompress(content) if path.suffix == ".gz" else content
        array = read_idx(content)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise InputError(f"{path} is damaged ({error}): delete it, or install it again") from None
    if hashlib.sha256(content).hexdigest() != FILES[name][1]:
        raise InputError(
            f"{path} is not the published Fashion-MNIST (SHA-256 differs): delete it, or install "
            "it again"
        )
    return array[..., None] if array.ndim == 3 else array.astype(np.int64)


def _download(cache, on_message, on_progress):
    import pooch

    pooch.get_logger().setLevel("WARNING")
    reason = "no network?"
    for base in _answering(URLS):
        if on_message:
            on_message("downloading Fashion-MNIST (31 MB) …")
        try:
            for name, (digest, _) in FILES.items():
                # Checks the digest before the file gets its name, so the cache holds no half file.
                pooch.retrieve(
                    f"{base}{name}.gz",
                    known_hash=f"sha256:{digest}",
                    fname=f"{name}.gz",
                    path=cache,
                    downloader=pooch.HTTPDownloader(
                        progressbar=_Progress(on_progress) if on_progress else False,
                        chunk_size=1 << 16,
                        timeout=_TIMEOUT,
                    ),
                )
            return
        except (OSError, ValueError) as error:  # requests' errors are OSErrors
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    raise InputError(
        f"Fashion-MNIST cannot be downloaded ({reason}): install Debian's dataset-fashion-mnist, "
        "or set PRODIMG_DATA to a folder that has it, or use --data catalogue"
    )


def _answering(urls):
    """Those that answer in time, in order. In threads, as resolving a name knows no timeout."""
    import requests

    answered = set()

    def ask(url):
        try:
            with requests.get(f"{url}{next(iter(FILES))}.gz", stream=True, timeout=_TIMEOUT) as got:
                if got.ok:
                    answered.add(url)
        except OSError:
            pass

    threads = [threading.Thread(target=ask, args=(url,), daemon=True) for url in urls]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + _TIMEOUT
    for thread in threads:
        thread.join(max(0, deadline - time.monotonic()))
    return [url for url in urls if url in answered]


class _Progress:
    """What pooch expects of a progress bar."""

    def __init__(self, on_progress):
        self.on_progress, self.done, self.total = on_progress, 0, 0

    def update(self, n):
        self.done += n
        if self.total:
            self.on_progress(min(self.done, self.total), self.total)

    def reset(self):
        self.done = 0

    def close(self):
        pass
