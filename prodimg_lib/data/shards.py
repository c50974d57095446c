"""Prepared images on disk: one ``.npz``, or TFRecord shards that are streamed.

A file's name holds a digest of what is in it. So a file that is there is the right one, a second
preparation writes only what changed, and what an older manifest names stays whole until a new
manifest is.
"""

import contextlib
import hashlib
import itertools
import math
import zipfile

import numpy as np

from prodimg_lib.data.splits import NAMES
from prodimg_lib.files import replacing

ADVICE = "make room there and repeat the command, which goes on where it was"
_ROWS = "select photo, pixels, class from decided where reason is null and split = ?"


def write(index, out, config, names):
    """Write what is kept; returns the part of the manifest that says where it lies.

    Args:
        index: ``Index`` with its table ``decided``; names: of the classes, sorted.

    Returns:
        ``{"storage": "npz" or "tfrecord", "files": {split: [{"file", "images"}, ...]}}``; of an
        ``.npz`` all splits name the same file.
    """
    kept = index.one("select count(*) from decided where reason is null")
    size = kept * config.size**2 * config.channels
    if size <= config.shard_above_mb * 2**20:
        return _write_npz(index, out, config, names)
    return _write_shards(index, out, config, names)


def _digest(config, names, rows):
    told = hashlib.sha256(repr((1, config.size, config.channels, names)).encode())
    for pixels, label in rows:
        told.update(pixels + int(label).to_bytes(4))
    return told.hexdigest()[:16]


def _write_npz(index, out, config, names):
    number = {name: i for i, name in enumerate(names)}
    counts, told = {}, []
    for code, split in enumerate(NAMES):
        rows = index.rows(_ROWS + " order by path", code)
        digest = _digest(config, names, ((pixels, number[kind]) for _, pixels, kind in rows))
        told.append(digest)
        counts[split] = index.one(
            "select count(*) from decided where reason is null and split = ?", code
        )
    path = out / f"images-{hashlib.sha256(repr(told).encode()).hexdigest()[:16]}.npz"
    if not path.is_file():
        with replacing(path, ADVICE) as partial, zipfile.ZipFile(partial, "w") as archive:
            for code, split in enumerate(NAMES):
                prefix = "" if split == "train" else f"{split}_"
                rows = list(
                    index.rows("select photo, class from (" + _ROWS + " order by path)", code)
                )
                shape = (len(rows), config.size, config.size, config.channels)
                pixels = (index.image(photo) for photo, _ in rows)
                _write_array(archive, f"{prefix}images", np.uint8, shape, pixels)
                labels = np.array([number[kind] for _, kind in rows], np.int64)
                _write_array(archive, f"{prefix}labels", np.int64, labels.shape, [labels.tobytes()])
            words = np.array(names)
            _write_array(archive, "class_names", words.dtype, words.shape, [words.tobytes()])
    files = {split: [{"file": path.name, "images": n}] for split, n in counts.items() if n}
    return {"storage": "npz", "files": files}


def _write_array(archive, name, dtype, shape, parts):
    """One array of an ``.npz``, part by part: it need not be in memory."""
    facts = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False}
    info = zipfile.ZipInfo(f"{name}.npy")  # dated 1980: equal arrays make equal files
    with archive.open(info, "w", force_zip64=True) as file:
        np.lib.format.write_array_header_1_0(file, facts | {"shape": shape})
        for part in parts:
            file.write(part)


def _write_shards(index, out, config, names):
    """Shards by the first bits of the pixels' digest, so that one more photograph changes one."""
    number = {name: i for i, name in enumerate(names)}
    per_image = config.size**2 * config.channels
    files: dict[str, list] = {}
    for code, split in enumerate(NAMES):
        n = index.one("select count(*) from decided where reason is null and split = ?", code)
        wanted = max(1, n * per_image / (config.shard_mb * 2**20))
        bits = math.ceil(math.log2(wanted))
        shard: list = []
        files[split] = []
        at: int | None = 0
        for row in itertools.chain(index.rows(_ROWS + " order by pixels", code), [None] * bool(n)):
            place = None if row is None else int.from_bytes(row[1][:4]) >> (32 - bits)
            if place != at and shard:
                files[split].append(_write_shard(index, out, config, names, split, number, shard))
                shard = []
            at = place
            if row:
                shard.append((row[0], row[1], number[row[2]]))
        if not files[split]:
            del files[split]
    return {"storage": "tfrecord", "files": files}


@contextlib.contextmanager
def _writer(path):
    import tensorflow as tf

    try:
        with tf.io.TFRecordWriter(path) as writer:
            yield writer
    except tf.errors.OpError as error:
        raise OSError(None, error.message) from None


def _write_shard(index, out, config, names, split, number, rows):
    digest = _digest(config, names, ((pixels, label) for _, pixels, label in rows))
    path = out / f"{split}-{digest}.tfrecord"
    if not path.is_file():
        with replacing(path, ADVICE) as partial, _writer(str(partial)) as writer:
            for photo, _, label in rows:
                writer.write(_example(index.image(photo), label))
    return {"file": path.name, "images": len(rows)}


def _example(image, label):
    from tensorflow.train import BytesList, Example, Feature, Features, Int64List

    features = {
        "image": Feature(bytes_list=BytesList(value=[image])),
        "label": Feature(int64_list=Int64List(value=[label])),
    }
    return Example(features=Features(feature=features)).SerializeToString()
