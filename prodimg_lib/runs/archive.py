"""Generated images as one zip file, the same bytes each time."""

import zipfile
from pathlib import Path

from prodimg_lib.files import replacing, writable_folder
from prodimg_lib.runs.outputs import GRID, MANIFEST, contents, listed, not_ours

_MOST = 2**28  # bytes of a manifest: a million images have a quarter of it
_MOMENT = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can say


def is_archive(path):
    """Whether a path asks for a zip file, by its suffix."""
    return Path(path).suffix.lower() == ".zip"


def check_archive(path):
    """Refuse to replace what is not ours.

    Raises:
        InputError: something is there that is no zip file of ``write_archive``.
    """
    path = Path(path)
    if path.exists() and not _is_ours(path):
        raise not_ours(path)


def _is_ours(path):
    """Whether a zip file has a manifest of ours and nothing that the manifest does not name."""
    try:
        with zipfile.ZipFile(path) as parts:
            if parts.getinfo(MANIFEST).file_size > _MOST:
                return False  # a bomb, or no manifest
            names = listed(parts.read(MANIFEST))
            if names is None or any(".." in name or name.startswith("/") for name in names):
                return False
            return set(parts.namelist()) <= names | {MANIFEST, GRID}
    except (OSError, ValueError, KeyError, NotImplementedError, RuntimeError, zipfile.BadZipFile):
        return False


def write_archive(path, images, labels, class_names, seed, per_image=None, **more):
    """As ``outputs.write_images``, into one zip file that appears whole or not at all.

    Images are stored as they are: a PNG file is compressed already. No entry says when or by whom
    it was made, so equal images give equal bytes.

    Raises:
        InputError: another file is there, or it cannot be written.
    """
    path = Path(path)
    check_archive(path)
    writable_folder(path.parent)
    with replacing(path) as partial:
        pack(partial, images, labels, class_names, seed, per_image, **more)


def pack(file, images, labels, class_names, seed, per_image=None, **more):
    """What ``write_archive`` writes, into a path or a binary file."""
    more = {"index": None, "grid": None, "origin": None} | more
    table, files = contents(images, labels, class_names, seed, per_image, "images", **more)
    with zipfile.ZipFile(file, "w") as parts:
        parts.writestr(_entry(MANIFEST), table)
        for name, content in files:
            parts.writestr(_entry(name), content)


def _entry(name):
    entry = zipfile.ZipInfo(name, _MOMENT)
    entry.create_system = 3  # Unix, on whatever system: of this the permissions are
    entry.external_attr = 0o100644 << 16
    return entry
