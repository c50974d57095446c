"""Fashion-MNIST (Xiao et al. 2017): 70,000 product photographs, 28x28 grey, 10 classes.

Searched for in this order: the folder named by ``PRODIMG_DATA``, the cache, Debian's package, a
download. Wherever it comes from, the content must have the pinned SHA-256.
"""

import gzip
import hashlib
import os
import socket
import zlib
from pathlib import Path

import numpy as np
import platformdirs

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
# name: (SHA-256 of the published .gz, SHA-256 of what is inside, shape)
FILES = {
    "train-images-idx3-ubyte": (
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        (60000, 28, 28, 1),
    ),
    "train-labels-idx1-ubyte": (
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        (60000,),
    ),
    "t10k-images-idx3-ubyte": (
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        (10000, 28, 28, 1),
    ),
    "t10k-labels-idx1-ubyte": (
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        (10000,),
    ),
}
_TIMEOUT = 5  # seconds; without a network the answer should come soon


def cache_folder():
    """``PRODIMG_CACHE``, or the user's cache folder."""
    return Path(os.environ.get("PRODIMG_CACHE") or platformdirs.user_cache_dir("prodimg"))


def load_fashion_mnist(on_message=None):
    """All four arrays and where they came from.

    Returns:
        ``(arrays, origin)``; arrays in the order of ``FILES``: uint8 images [n, 28, 28, 1], int64
        labels [n].

    Raises:
        InputError: nowhere to be had, or a file that is not what it should be.
    """
    folder, origin = _find(on_message)
    return [_read(folder, name) for name in FILES], origin


def _find(on_message):
    named = os.environ.get("PRODIMG_DATA")
    if named:
        for folder in (Path(named), Path(named) / "fashion-mnist"):
            if _complete(folder):
                return folder, f"Fashion-MNIST from {folder}"
        raise InputError(
            f"PRODIMG_DATA = {named} holds no Fashion-MNIST: expected {', '.join(FILES)} there "
            "(plain or .gz); correct it or unset it"
        )
    cache = cache_folder() / "fashion-mnist"
    if _complete(cache):
        return cache, "Fashion-MNIST from the cache"
    if _complete(DEBIAN):
        return DEBIAN, "Fashion-MNIST from the Debian package dataset-fashion-mnist"
    _download(cache, on_message)
    return cache, "Fashion-MNIST, downloaded"


def _path(folder, name):
    for path in (folder / f"{name}.gz", folder / name):
        if path.is_file():
            return path
    return None


def _complete(folder):
    return all(_path(folder, name) for name in FILES)


def _read(folder, name):
    path = _path(folder, name)
    _, digest, shape = FILES[name]
    try:
        content = path.read_bytes()
        content = gzip.decompress(content) if path.suffix == ".gz" else content
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"cannot read {path} ({error}): delete it, or install it again") from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise InputError(
            f"{path} is not the published Fashion-MNIST (SHA-256 differs): delete it, or install "
            "it again"
        )
    offset = len(content) - int(np.prod(shape))  # the idx header; its content is in the digest
    array = np.frombuffer(content, np.uint8, offset=offset).reshape(shape)
    return array if len(shape) == 4 else array.astype(np.int64)


def _download(cache, on_message):
    import pooch
    import requests

    if on_message:
        on_message("downloading Fashion-MNIST (31 MB) …")
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_TIMEOUT)
    try:
        for base in URLS:
            try:
                for name, (digest, _, _) in FILES.items():
                    pooch.retrieve(
                        f"{base}{name}.gz",
                        known_hash=f"sha256:{digest}",
                        fname=f"{name}.gz",
                        path=cache,
                        downloader=pooch.HTTPDownloader(timeout=_TIMEOUT),
                    )
                return
            except (requests.RequestException, OSError, ValueError):
                continue  # the mirror; pooch leaves no half file behind
    finally:
        socket.setdefaulttimeout(before)
    raise InputError(
        "Fashion-MNIST cannot be downloaded (no network?): install Debian's dataset-fashion-mnist, "
        "or set PRODIMG_DATA to a folder that has it, or use --data catalogue"
    )
