"""A generated image says that it is one, in the words that others look for, and by whom."""

import io
import struct
import xml.etree.ElementTree as ET
import zlib

import numpy as np
import pytest
from PIL import Image

from prodimg_lib import InputError, provenance
from prodimg_lib.plots import png

FACTS = {"model": "GAN", "weights": "ab12", "run": "été & <b>", "class": 'caps "M"', "seed": 3}
IMAGE = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)


def raw_chunks(content):
    """Chunks of a PNG file by the specification: [(type, data)]."""
    found, place = [], 8
    while place < len(content):
        length, kind = struct.unpack(">I4s", content[place : place + 8])
        found.append((kind, content[place + 8 : place + 8 + length]))
        place += 12 + length
    return found


def test_what_was_written_is_read_and_the_pixels_are_the_same():
    content = png(IMAGE, provenance.chunks(FACTS | {"attempt": None}))
    told = provenance.read(io.BytesIO(content))
    assert told == FACTS | {
        "generated": True,
        "software": provenance.software(),
        "digital_source_type": provenance.SOURCE_TYPE,
    }
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(content))), IMAGE)
    assert content == png(IMAGE, provenance.chunks(FACTS))


def test_the_packet_is_xmp_in_its_own_keyword_before_the_pixels():
    """By the bytes, as a reader that is not this library's finds it: XMP specification, part 3."""
    found = raw_chunks(png(IMAGE, provenance.chunks(FACTS)))
    kinds = [kind for kind, _ in found]
    (data,) = (d for k, d in found if k == b"iTXt" and d.startswith(b"XML:com.adobe.xmp\0"))
    assert kinds.index(b"iTXt") < kinds.index(b"IDAT")
    assert data[18:22] == b"\0\0\0\0"  # not compressed, no language, no translated keyword
    root = ET.fromstring(data[22:].decode())
    (about,) = root.iter("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description")
    kind = about.get("{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType")
    assert kind == "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def test_an_image_without_a_mark_has_none_and_what_is_no_image_is_named(tmp_path):
    (tmp_path / "plain.png").write_bytes(png(IMAGE))
    assert provenance.read(tmp_path / "plain.png") is None
    for edited in ("[", "[" * 100_000, '["ab"]', "3"):
        (tmp_path / "edited.png").write_bytes(png(IMAGE, {"prodimg": edited}))
        with pytest.raises(InputError, match=r"edited\.png: .*'prodimg' text chunk"):
            provenance.read(tmp_path / "edited.png")
    (tmp_path / "note.png").write_text("no image")
    bomb = bytearray(png(IMAGE))
    bomb[16:24] = struct.pack(">II", 40_000, 40_000)  # of the header
    bomb[29:33] = struct.pack(">I", zlib.crc32(bomb[12:29]))
    (tmp_path / "bomb.png").write_bytes(bomb)
    for name in ("note.png", "missing.png", "bomb.png"):
        with pytest.raises(InputError, match=rf"{name} is no image"):
            provenance.read(tmp_path / name)


def test_a_digest_is_of_values_shapes_and_types():
    a = np.arange(6, dtype=np.float32)
    different = [a, a + 1, a.reshape(2, 3), a.astype(np.float64)]
    assert len({provenance.digest([x]) for x in different}) == 4
    assert provenance.digest([a[::2]]) == provenance.digest([a[::2].copy()])
