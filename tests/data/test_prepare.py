"""One photograph -> one square array: closed forms, geometry and every mode Pillow reads."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageDraw

from prodimg_lib.data import decode, prepare_image
from prodimg_lib.errors import InputError

MODES = ("1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I", "F", "LA", "La", "PA")
MODES += ("RGBX", "RGBa", "I;16", "I;16L", "I;16B")


def quadrants(width=80, height=40):
    """Four colours, one a corner: no two orientations look the same."""
    pixels = np.zeros((height, width, 3), np.uint8)
    h, w = height // 2, width // 2
    pixels[:h, :w], pixels[:h, w:] = (200, 0, 0), (0, 200, 0)
    pixels[h:, :w], pixels[h:, w:] = (0, 0, 200), (200, 200, 0)
    return pixels


# What a viewer does to the stored pixels to show them, for each value of the EXIF tag (its
# definition says where row 0 and column 0 of the stored image lie).
UPRIGHT = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a, 1),
}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_exif_orientation(tmp_path, orientation, suffix):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"photo.{suffix}"
    options = {"jpg": {"quality": 95, "subsampling": 0}, "webp": {"lossless": True}}.get(suffix, {})
    Image.fromarray(quadrants()).save(path, exif=exif, **options)
    expected = prepare_image(Image.fromarray(UPRIGHT[orientation](quadrants()).copy()), 64)
    found = prepare_image(path, 64)
    assert np.abs(found.astype(int) - expected).mean() < 2  # JPEG's own loss, at the four edges
    centres = np.ix_([24, 40], [8, 56]) if orientation < 5 else np.ix_([8, 56], [24, 40])
    np.testing.assert_allclose(found[centres], expected[centres].astype(int), atol=4)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_does_not_cost_the_photograph(tmp_path):
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (40, 40), (10, 200, 30)).save(path, exif=b"Exif\0\0II*\0\xff\xff\xff\xff123")
    np.testing.assert_allclose(prepare_image(path, 28), np.full((28, 28, 3), (10, 200, 30)), atol=3)


@pytest.mark.parametrize("background", [0, 128, 255])
@pytest.mark.parametrize("alpha", [0, 1, 77, 128, 254, 255])
def test_alpha_is_composited(alpha, background):
    colour = np.array([13, 120, 250])
    image = Image.new("RGBA", (30, 30), (*colour, alpha))
    expected = (colour * alpha + background * (255 - alpha)) / 255
    found = prepare_image(image, 28, background=background)
    np.testing.assert_allclose(found, np.broadcast_to(expected, found.shape), atol=1)
    grey = Image.new("LA", (30, 30), (60, alpha))
    found = prepare_image(grey, 28, channels=1, background=background)
    np.testing.assert_allclose(found, (60 * alpha + background * (255 - alpha)) / 255, atol=1)


def test_hidden_colour_of_transparent_pixels_does_not_bleed():
    pixels = np.zeros((64, 64, 4), np.uint8)  # transparent black around ...
    pixels[16:48, 16:48] = (255, 255, 255, 255)  # ... an opaque white square
    assert (prepare_image(Image.fromarray(pixels), 28) == 255).all()


def palette(transparency):
    image = Image.new("P", (32, 32), 0)
    image.putpalette([250, 10, 10, 0, 0, 90])
    image.paste(1, (16, 0, 32, 32))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", transparency=transparency)
    return Image.open(buffer)


@pytest.mark.parametrize("transparency", [0, bytes([0, 255])], ids=["one index", "a table"])
def test_palette_with_transparency(transparency):
    found = prepare_image(palette(transparency), 32)
    assert (found[:, :15] == 255).all()
    np.testing.assert_array_equal(found[:, 17:], np.broadcast_to([0, 0, 90], (32, 15, 3)))


def test_colour_key_transparency():
    buffer = io.BytesIO()
    Image.fromarray(quadrants(32, 32)).save(buffer, "PNG", transparency=(200, 0, 0))
    found = prepare_image(Image.open(buffer), 32)
    assert (found[:14, :14] == 255).all()
    assert (found[18:, :14] == (0, 0, 200)).all()


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits_are_scaled(tmp_path, suffix):
    values = np.linspace(0, 65535, 64).astype(np.uint16)
    path = tmp_path / f"scan.{suffix}"
    Image.fromarray(np.tile(values, (64, 1))).save(path)
    found = prepare_image(path, 64, channels=1)[:, :, 0]
    np.testing.assert_array_equal(found, np.tile(np.rint(values / 257), (64, 1)))


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_sixteen_bits_are_turned_too(tmp_path, orientation):
    pixels = np.arange(28 * 28, dtype=np.uint16).reshape(28, 28) * 80
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(tmp_path / "scan.png", exif=exif)
    found = prepare_image(tmp_path / "scan.png", 28, channels=1)[..., 0]
    np.testing.assert_array_equal(found, np.rint(UPRIGHT[orientation](pixels) / 257))


def test_sixteen_bits_with_a_transparent_level(tmp_path):
    """Pillow does not write such files: signature, size, transparent level, pixels, end."""

    def chunk(name, content):
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    row = b"\0" + struct.pack(">28H", *[0x1234] * 14, *[0x8080] * 14)
    header = struct.pack(">IIBBBBB", 28, 28, 16, 0, 0, 0, 0)
    chunks = (b"IHDR", header), (b"tRNS", b"\x12\x34"), (b"IDAT", zlib.compress(row * 28))
    path = tmp_path / "scan.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*c) for c in chunks) + chunk(b"IEND", b"")
    )
    found = prepare_image(path, 28, 1, background=200)[..., 0]
    np.testing.assert_array_equal(found, np.tile([200] * 14 + [0x80] * 14, (28, 1)))


@pytest.mark.parametrize(
    ("values", "full"),
    [
        (np.array([0, 100, 255], np.int32), 255),
        (np.array([0, 256, 65535], np.int32), 65535),
        (np.array([-5, 256, 65535], np.int32), 65535),
        (np.array([0, 70_000, 100_000], np.int32), 100_000),
        (np.array([0, 0.25, 1], np.float32), 1),
        (np.array([0, 17, 255], np.float32), 255),
        (np.array([0, 17, 1000], np.float32), 1000),
        (np.array([np.nan, 0.5, 1], np.float32), 1),
        (np.array([-np.inf, 0.5, 1], np.float32), 1),
    ],
)
def test_wide_modes(values, full):
    image = Image.fromarray(np.repeat(np.repeat(values, 10)[None], 30, 0))
    found = prepare_image(image, 30, channels=1)[0, ::10, 0]
    expected = np.rint(255 * np.clip(np.nan_to_num(values, neginf=0), 0, full) / full)
    np.testing.assert_allclose(found, expected, atol=0)


def test_infinite_floats_are_the_brightest():
    image = Image.fromarray(np.full((28, 28), np.inf, np.float32))
    assert prepare_image(image, 28).shape == (28, 28, 3)
    half = np.full((28, 28), 0.5, np.float32)
    half[:, 14:] = np.inf
    assert prepare_image(Image.fromarray(half), 28)[0, -1, 0] == 255


def test_cmyk():
    c, m, y, k = 0.2, 0.4, 0.6, 0.2
    image = Image.new("CMYK", (30, 30), tuple(round(255 * v) for v in (c, m, y, k)))
    expected = [255 * (1 - v) * (1 - k) for v in (c, m, y)]
    np.testing.assert_allclose(
        prepare_image(image, 28), np.broadcast_to(expected, (28, 28, 3)), atol=2
    )


def test_cmyk_jpeg(tmp_path):
    path = tmp_path / "print.jpg"
    Image.new("CMYK", (30, 30), (0, 255, 255, 0)).save(path, quality=95)
    np.testing.assert_allclose(prepare_image(path, 28)[14, 14], (255, 0, 0), atol=4)


def test_lab_is_read():
    image = Image.new("LAB", (30, 30), (128, 128, 128))  # L* = 50, neutral: sRGB 119
    np.testing.assert_allclose(prepare_image(image, 28), 119, atol=2)


def swapped_profile():
    """sRGB with its red and green primaries exchanged: red in the file is green on the screen."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert srgb.count(b"rXYZ") == srgb.count(b"gXYZ") == 1
    return srgb.replace(b"rXYZ", b"tmp_").replace(b"gXYZ", b"rXYZ").replace(b"tmp_", b"gXYZ")


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "RGB with key"])
def test_colour_profile_is_applied(mode):
    image = Image.new("RGB", (30, 30), (40, 90, 200))
    image = image.quantize(2) if mode == "P" else image.convert(mode.split()[0])
    if "key" in mode:
        image.info["transparency"] = (1, 2, 3)
    image.info["icc_profile"] = swapped_profile()
    np.testing.assert_allclose(prepare_image(image, 28)[0, 0], (90, 40, 200), atol=2)
    image.info["icc_profile"] = b"not a profile"
    np.testing.assert_allclose(prepare_image(image, 28)[0, 0], (40, 90, 200), atol=0)


def test_alpha_survives_a_colour_profile():
    image = Image.new("RGBA", (30, 30), (0, 0, 0, 0))
    image.info["icc_profile"] = swapped_profile()
    assert (prepare_image(image, 28) == 255).all()


@pytest.mark.parametrize("fit", ["pad", "crop"])
def test_a_circle_stays_a_circle(fit):
    image = Image.new("L", (900, 500), 255)
    ImageDraw.Draw(image).ellipse((300, 100, 600, 400), fill=0)
    dark = prepare_image(image, 64, 1, fit)[..., 0] < 128
    width, height = dark.any(0).sum(), dark.any(1).sum()
    diameter = 300 * 64 / (900 if fit == "pad" else 500)
    assert abs(width - height) <= 1
    assert abs(width - diameter) <= 1
    assert abs(dark.sum() - np.pi * diameter**2 / 4) < 2 * diameter
    assert abs(np.flatnonzero(dark.any(0)).mean() - 31.5) <= 0.5  # it stands in the middle


@pytest.mark.parametrize("fit", ["pad", "crop"])
@pytest.mark.parametrize("size", [28, 32, 64])
def test_a_fine_checkerboard_becomes_grey(fit, size):
    board = (np.indices((512, 512)).sum(0) % 2 * 255).astype(np.uint8)
    found = prepare_image(Image.fromarray(board), size, 1, fit)
    np.testing.assert_allclose(found[2:-2, 2:-2], 127.5, atol=2)  # nearest would give 0 or 255


@pytest.mark.parametrize(("width", "height"), [(100, 50), (50, 100), (64, 64), (97, 31)])
def test_pad_geometry(width, height):
    found = prepare_image(Image.new("L", (width, height), 0), 64, 1)[..., 0]
    inner = [round(side * 64 / max(width, height)) for side in (height, width)]
    top, left = ((64 - side) // 2 for side in inner)
    expected = np.full((64, 64), 255)
    expected[top : top + inner[0], left : left + inner[1]] = 0
    np.testing.assert_array_equal(found, expected)


def test_crop_keeps_the_middle():
    bands = np.zeros((60, 180), np.uint8)
    bands[:, 60:120] = 200  # the middle third is the square
    assert (prepare_image(Image.fromarray(bands), 28, 1, "crop") == 200).all()
    assert (prepare_image(Image.fromarray(bands.T.copy()), 28, 1, "crop") == 200).all()


@pytest.mark.parametrize("length", [1, 2, 63, 500, 5000])
def test_one_pixel_wide(length):
    """Padded it is a line in the middle, one pixel at least; cropped it is its middle pixel."""
    line = np.zeros((1, length), np.uint8)
    line[0, (length - 1) // 2 : length // 2 + 1] = 90
    for pixels in (line, line.T.copy()):
        image = Image.fromarray(pixels)
        found = prepare_image(image, 28, 1, "crop")[..., 0]
        assert (found == 90).all()
        found = prepare_image(Image.fromarray(np.zeros_like(pixels)), 28, 1)[..., 0]
        found = found if pixels is line else found.T
        thickness = max(1, round(28 / length))
        top = (28 - thickness) // 2
        expected = np.full((28, 28), 255)
        expected[top : top + thickness] = 0
        np.testing.assert_array_equal(found, expected)


def test_cut_off_parts_do_not_bleed_in():
    """The filter reaches over the square's border; beyond it nothing may be read."""
    pixels = np.full((60, 180), 255, np.uint8)
    pixels[:, 60:120] = np.random.default_rng(0).integers(0, 256, (60, 60), np.uint8)
    alone = prepare_image(Image.fromarray(pixels[:, 60:120].copy()), 28, 1)
    np.testing.assert_array_equal(prepare_image(Image.fromarray(pixels), 28, 1, "crop"), alone)


def test_a_long_strip_needs_little_memory():
    """Padded before it is resized it would have 10^10 pixels."""
    found = prepare_image(Image.new("RGB", (100_000, 3), 0), 28)
    assert (found == 0).sum() == 28 * 3


@pytest.mark.parametrize("fit", ["pad", "crop"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("level", [0, 1, 127, 254, 255])
def test_a_constant_stays_constant(fit, channels, level):
    for mode in ("L", "RGB", "RGBA", "LA"):
        fill = (level,) * (3 if "RGB" in mode else 1) + (255,) * mode.endswith("A")
        image = Image.new(mode, (123, 77), fill if len(fill) > 1 else level)
        found = prepare_image(image, 32, channels, fit, background=level)
        assert (found == level).all()


def test_grey_is_luma():
    found = prepare_image(Image.new("RGB", (30, 30), (200, 100, 50)), 28, 1)
    assert (found == round(0.299 * 200 + 0.587 * 100 + 0.114 * 50)).all()


@given(
    mode=st.sampled_from(MODES),
    width=st.integers(1, 90),
    height=st.integers(1, 90),
    size=st.sampled_from([28, 32, 64]),
    channels=st.sampled_from([1, 3]),
    fit=st.sampled_from(["pad", "crop"]),
)
def test_contract(mode, width, height, size, channels, fit):
    image = Image.new(mode, (width, height))
    found = prepare_image(image, size, channels, fit)
    assert found.dtype == np.uint8
    assert found.shape == (size, size, channels)
    assert found.flags.writeable
    assert image.mode == mode
    assert image.size == (width, height)  # the input is left alone


@pytest.mark.parametrize("width", [400, 1000, 2400])
def test_fast_jpeg_decoding_changes_nothing_visible(tmp_path, width):
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 256, (48, 64, 3), np.uint8))
    path = tmp_path / "large.jpg"
    coarse.resize((width, width * 3 // 4), Image.Resampling.BICUBIC).save(path, quality=95)
    fast = prepare_image(path, 64).astype(int)
    with Image.open(path) as image:
        image.load()  # in memory: nothing left to hurry
        full = prepare_image(image, 64)
    assert np.abs(fast - full).mean() < 1
    assert np.abs(fast - full).max() < 12


def photo(tmp_path):
    path = tmp_path / "photo.png"
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def test_unreadable_files_are_named_with_their_reason(tmp_path, monkeypatch):
    good = photo(tmp_path)
    assert prepare_image(good, 28).shape == prepare_image(str(good), 28).shape == (28, 28, 3)
    cases = {"missing.jpg": (None, "no such file"), "empty.jpg": (b"", "empty file")}
    cases["text.jpg"] = (b"<html>404</html>", "not a readable image")
    cases["cut.png"] = (good.read_bytes()[:3000], "broken: ")
    cases["drawing.jpg"] = (
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EOF\n",
        "EPS is not",
    )
    for name, (content, reason) in cases.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=rf"{name}: {reason}"):
            prepare_image(tmp_path / name, 28)
    with pytest.raises(InputError, match=r": a folder, not a file: "):
        prepare_image(tmp_path, 28)
    with (
        Image.open(tmp_path / "cut.png") as opened,  # Pillow reads the pixels later
        pytest.raises(InputError, match=r"cut.png: broken: .*: give a JPEG or PNG"),
    ):
        prepare_image(opened, 28)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(InputError, match=r"photo.png: more pixels than is safe"):
        prepare_image(good, 28)


def test_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    found = prepare_image(f"~/{photo(tmp_path).name}", 28)
    np.testing.assert_array_equal(found, prepare_image(tmp_path / "photo.png", 28))


@pytest.mark.parametrize("wrong", [np.zeros((28, 28), np.uint8), None, 5], ids=type)
def test_no_image_at_all(wrong):
    with pytest.raises(InputError, match=f"a {type(wrong).__name__}: give a path or a PIL image"):
        prepare_image(wrong, 28)


@pytest.mark.parametrize(
    "wrong",
    [
        *({"fit": "stretch"}, {"channels": 2}, {"channels": 1.0}, {"channels": True}),
        *({"size": 0}, {"size": 28.5}, {"size": True}, {"size": "28"}),
        *({"background": 256}, {"background": -1}, {"background": 0.5}, {"background": "white"}),
    ],
    ids=str,
)
def test_wrong_arguments(wrong):
    (key, value) = next(iter(wrong.items()))
    with pytest.raises(InputError, match=f"{key} = {value!r}: "):
        prepare_image(Image.new("L", (9, 9)), **({"size": 28} | wrong))
    with pytest.raises(InputError, match="0 x 9 pixels"):
        prepare_image(Image.new("L", (0, 9)), 28)


def test_all_formats_are_formats():
    Image.init()
    # AVIF comes with newer Pillows; MPO files (two photographs in one) are opened as JPEG.
    assert decode.FORMATS - {"AVIF", "MPO"} <= set(Image.OPEN)


def chunk(name, content):
    check = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + check


def png_file(path, bits, colour, row, side, *more):
    """A PNG that Pillow does not write: ``row`` is the bytes of each of ``side`` rows."""
    header = struct.pack(">IIBBBBB", side, side, bits, colour, 0, 0, 0)
    chunks = (
        (b"IHDR", header),
        *more,
        (b"IDAT", zlib.compress((b"\0" + row) * side)),
        (b"IEND", b""),
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*c) for c in chunks))
    return path


@pytest.mark.parametrize(("bits", "key"), [(1, 1), (2, 1), (2, 3), (4, 1), (4, 9), (8, 7)])
def test_a_transparent_level_of_few_bits(tmp_path, bits, key):
    """Left half transparent, right half another level: the ground is white, not the level."""
    other = 0
    half = 32 * bits // 8 // 2
    row = bytes([sum(key << s for s in range(0, 8, bits))] * half) + bytes([other] * half)
    path = png_file(tmp_path / "a.png", bits, 0, row, 32, (b"tRNS", struct.pack(">H", key)))
    found = prepare_image(path, 32, 1)[..., 0]
    assert (found[:, :16] == 255).all()
    assert (found[:, 16:] == 0).all()
    with Image.open(path) as opened:
        np.testing.assert_array_equal(prepare_image(opened, 32, 1)[..., 0], found)


def test_a_transparent_colour_of_sixteen_bits(tmp_path):
    key, other = (0x1234, 0x5678, 0x9ABC), (0xFF00, 0x0000, 0x8000)
    row = struct.pack(">48H", *key * 16) + struct.pack(">48H", *other * 16)
    path = png_file(tmp_path / "a.png", 16, 2, row, 32, (b"tRNS", struct.pack(">3H", *key)))
    found = prepare_image(path, 32)
    assert (found[:, :16] == 255).all()
    np.testing.assert_array_equal(found[0, 20], (255, 0, 128))


def grey_profile(gamma):
    """A minimal ICC v2 profile of grey with a plain power curve."""
    curve = b"curv" + bytes(4) + struct.pack(">IHxx", 1, round(gamma * 256))
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    text = b"desc" + bytes(4) + struct.pack(">I", 2) + b"g\0" + bytes(78)
    copyright_ = b"text" + bytes(4) + b"free\0\0\0\0"
    parts = {b"wtpt": white, b"kTRC": curve, b"desc": text + bytes(-len(text) % 4)}
    parts[b"cprt"] = copyright_
    place, table, body = 128 + 4 + 12 * len(parts), b"", b""
    for name, content in parts.items():
        table += name + struct.pack(">II", place + len(body), len(content))
        body += content
    header = bytearray(128)
    header[4:8] = b"lcms"
    header[8:12] = bytes([2, 16, 0, 0])
    header[12:24] = b"mntrGRAYXYZ "
    header[36:40] = b"acsp"
    header[68:80] = struct.pack(">3i", 63190, 65536, 54061)
    content = bytes(header) + struct.pack(">I", len(parts)) + table + body
    return struct.pack(">I", len(content)) + content[4:]


def srgb(light):
    return 255 * (12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("keyed", [False, True])
def test_sixteen_bit_grey_has_its_profile_applied(tmp_path, keyed):
    """As the same picture in 8 bits: light 200/255 and 60/255 is 229 and 133."""
    row = struct.pack(">16H", *[200 * 257] * 16) + struct.pack(">16H", *[60 * 257] * 16)
    profile = b"g\0\0" + zlib.compress(grey_profile(1.0))
    more = [(b"tRNS", struct.pack(">H", 60 * 257))] if keyed else []
    path = png_file(tmp_path / "a.png", 16, 0, row, 32, (b"iCCP", profile), *more)
    found = prepare_image(path, 32)
    np.testing.assert_allclose(found[:, 2], srgb(200 / 255), atol=1.5)
    np.testing.assert_allclose(found[:, 30], 255 if keyed else srgb(60 / 255), atol=1.5)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("colour", [0, 2])
def test_gamma_of_a_png_is_applied_as_browsers_do(tmp_path, bits, colour):
    def found(gamma, *more):
        step, form = (257, ">H") if bits == 16 else (1, ">B")
        row = struct.pack(form, 128 * step) * (28 * (3 if colour else 1))
        extra = (b"gAMA", struct.pack(">I", round(gamma * 100_000)))
        levels = np.unique(
            prepare_image(png_file(tmp_path / "a.png", bits, colour, row, 28, extra, *more), 28)
        )
        assert len(levels) == 1
        return int(levels[0])

    assert found(1.0) == round(srgb(128 / 255)) == 188
    assert found(0.6) == round(srgb((128 / 255) ** (1 / 0.6)))
    assert found(0.45455) == found(0.46) == 128  # sRGB's own, or meant so
    assert found(1.0, (b"sRGB", b"\0")) == 128  # which says more than gAMA


def header_only(width, height, progressive=False):
    """A JPEG's start that announces a size."""
    frame = struct.pack(">BHHB", 8, height, width, 3) + b"\1\x22\0\2\x11\1\3\x11\1"
    marker = b"\xff\xc2" if progressive else b"\xff\xc0"
    return b"\xff\xd8" + marker + struct.pack(">H", len(frame) + 2) + frame


def test_a_telephones_largest_jpeg_is_read_and_a_bomb_is_not(tmp_path, monkeypatch):
    """A baseline JPEG decoded at 1/8 has the memory of one of 1/64 of its pixels."""
    path = tmp_path / "phone.jpg"
    Image.new("RGB", (2400, 1800), (200, 30, 40)).save(path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500_000)  # 4.3 are more than twice as many
    np.testing.assert_allclose(prepare_image(path, 28)[14, 14], (200, 30, 40), atol=3)
    refused = r"more pixels than is safe"
    with pytest.raises(InputError, match=refused):
        prepare_image(path, 600)  # needs it whole
    Image.new("RGB", (2400, 1800)).save(path, progressive=True)  # is held whole
    with pytest.raises(InputError, match=refused):
        prepare_image(path, 28)
    path.write_bytes(header_only(65_500, 65_500))
    with pytest.raises(InputError, match=refused):
        prepare_image(path, 28)
    Image.new("RGB", (2400, 1800)).save(tmp_path / "a.png")
    with pytest.raises(InputError, match=refused):
        prepare_image(tmp_path / "a.png", 28)


@pytest.mark.parametrize("mode", ["P", "RGB", "RGBA", "L", "I;16", "1"])
def test_a_very_large_image_is_shrunk_in_strips(tmp_path, monkeypatch, mode):
    """The same to the eye, and one at a time."""
    rng = np.random.default_rng(0)
    soft = Image.fromarray(rng.integers(0, 256, (9, 7, 4), np.uint8), "RGBA").resize((703, 907))
    if mode == "I;16":
        image = Image.fromarray(np.asarray(soft.convert("L")).astype(np.uint16) * 257)
    else:
        image = soft.quantize(200) if mode == "P" else soft.convert(mode)
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "a.png", exif=exif)
    whole = prepare_image(tmp_path / "a.png", 28).astype(int)
    monkeypatch.setattr(decode, "_LARGE", 1000)
    strips = prepare_image(tmp_path / "a.png", 28).astype(int)
    assert np.abs(whole - strips).mean() < 4  # of noise at full contrast
    assert np.corrcoef(whole.ravel(), strips.ravel())[0, 1] > 0.99
