"""What lies in a folder of photographs: image files, junk, classes, ready-made splits, names."""

import os
import unicodedata
from pathlib import Path

from prodimg_lib.data.decode import kind
from prodimg_lib.errors import InputError

_SUFFIXES = {
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"),
    *(".avif", ".jp2", ".ppm", ".pgm", ".tga"),
}
_RAW = {".dng", ".cr2", ".nef", ".arw"}  # TIFF by their first bytes
_TO_CONVERT = {".heic", ".heif", ".svg", ".psd", ".eps", ".cr3"} | _RAW
_SPLITS = {
    **{"train": "train", "training": "train", "test": "test", "testing": "test"},
    **{"val": "val", "valid": "val", "validation": "val"},
}
# Line ends and the like; marks that reorder a line, so that what is read is not what is there; and
# what Python makes of bytes that are no UTF-8 (names from old archives are often Latin-1).
_UNSHOWN: dict[int, int | str] = dict.fromkeys((*range(32), 127), "\ufffd")
_UNSHOWN |= dict.fromkeys(
    (0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\ufffd"
)
_UNSHOWN |= {0xDC00 + b: b for b in range(128, 256)}


def shown(name):
    """A name as it is printed: one line, composed (NFC), so that equal looks are equal strings."""
    return unicodedata.normalize("NFC", name.translate(_UNSHOWN))


def problem(folder):
    """Why a folder cannot be looked into, in a few words; None if it can."""
    try:
        with os.scandir(folder):
            return None
    except NotADirectoryError:
        return "is a file, not a folder"
    except PermissionError:
        return "cannot be opened (no permission)"
    except (OSError, ValueError):  # the second: a name that no file can have
        return "does not exist"


def walk(folder):
    """Every file of a folder, however deep: yields ``(path relative to it, reason)``.

    The reason says why a file is none to decode; None: by its first bytes, or where these say
    nothing by its suffix, it is an image. Hidden files are passed over. Nothing outside the folder
    is looked at: a link that leads out of it is such a reason, and one to a folder within it is
    passed over, as that is visited anyway. Memory is that of one folder's subfolders.
    """
    root = os.path.realpath(folder)
    waiting = [""]
    while waiting:
        place = waiting.pop()
        try:
            entries = os.scandir(os.path.join(folder, place))
        except OSError:
            yield place, "folder cannot be read"
            continue
        inside = []
        with entries:
            for entry in entries:
                path = os.path.join(place, entry.name)
                if entry.name.startswith("."):
                    continue
                if entry.is_symlink() and not _within(entry.path, root):
                    yield path, "a link out of the folder: put the file itself there"
                elif _is_folder(entry):
                    if not entry.is_symlink():
                        inside.append(path)
                else:
                    yield path, _no_image(entry.path)
        waiting += sorted(inside, reverse=True)


def _within(path, root):
    real = os.path.realpath(path)
    return real == root or real.startswith(os.path.join(root, ""))


def _is_folder(entry):
    try:
        return entry.is_dir()
    except OSError:
        return False


def _no_image(path):
    """Why a file is no image that can be decoded, or None."""
    suffix = os.path.splitext(path)[1].lower()
    try:
        found = kind(path) if os.path.isfile(path) else "no file"
    except OSError:
        found = "no file"
    if found == "no file":  # a broken link, a pipe, a closed folder
        return "cannot be opened" if suffix in _SUFFIXES else "not an image file"
    if (found == "TIFF" and suffix in _RAW) or (found is None and suffix in _TO_CONVERT):
        found = suffix[1:].upper()
    elif found is None:
        return None if suffix in _SUFFIXES else "not an image file"
    elif found not in ("HEIC", "PSD"):
        return None
    return f"{found} is not supported: convert it to JPEG or PNG"


class Layout:
    """Which class, and which ready-made split, a file belongs to by where it lies.

    A class is a folder at the top, however deep its images lie; images beside those folders, and
    those of a flat folder, form a class named after the folder. Where all folders at the top that
    hold images are called train, val or test (or training, valid, ...), train among them and no
    image beside them, they are splits and the classes are the folders in them.
    """

    def __init__(self, folder, tops):
        """``tops``: first parts of the paths of all images; "" for one that lies at the top."""
        self._root = Path(folder).resolve().name
        self.splits = {top: _SPLITS.get(top.casefold()) for top in sorted(tops)}
        given = set(self.splits.values())
        if None in given or len(given) < 2 or "train" not in given:
            self.splits = {}
        self._names: dict[str, str] = {}  # as printed: as it is on the disk

    def split(self, path):
        """``train``, ``val`` or ``test``; None where the folder does not say."""
        return self.splits.get(path.split(os.sep)[0])

    def class_name(self, path):
        """The class of a file, as it is printed.

        Raises:
            InputError: two folders would be printed as one class.
        """
        parts = path.split(os.sep)[bool(self.splits) :]
        name = parts[0] if len(parts) > 1 else self._root
        before = self._names.setdefault(shown(name), name)
        if before != name:
            raise InputError(
                f"the class folders {before!a} and {name!a} both read {shown(name)!r}: rename one"
            )
        return shown(name)


def top(path):
    """First part of a relative path: its folder at the top, or "" for a file that lies there."""
    head, separator, _ = path.partition(os.sep)
    return head if separator else ""
