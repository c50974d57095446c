"""Sources by name: what a name means, the catalogue and its cache, auto, arguments."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prodimg_lib.data import catalogue, load, sources
from prodimg_lib.errors import InputError
from tests.samples import put

# --- auto


@pytest.fixture
def few(monkeypatch):
    """A catalogue of 40 + 20."""
    monkeypatch.setattr(sources, "CATALOGUE_TRAIN", 40)
    monkeypatch.setattr(sources, "CATALOGUE_TEST", 20)


def test_auto(elsewhere, small, few, capsys):
    data = load()
    assert data.source == "catalogue"
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "using the built-in catalogue instead: Fashion-MNIST cannot be downloaded" in err
    put(elsewhere / "debian", small)
    assert load("auto").source == "fashion-mnist"
    assert capsys.readouterr() == ("", "")


def test_auto_says_what_is_wrong(elsewhere, few, monkeypatch):
    monkeypatch.setenv("PRODIMG_DATA", str(elsewhere))
    lines = []
    assert load(on_message=lines.append).source == "catalogue"
    assert len(lines) == 1
    assert "PRODIMG_DATA" in lines[0]


# --- the catalogue


def test_catalogue(elsewhere, few):
    data = load("catalogue", seed=3)
    assert data.source == "catalogue"
    assert data.origin == "built-in catalogue, seed 3"
    assert data.class_names == catalogue.TYPES
    assert data.images.shape == (40, 32, 32, 3)
    assert data.test_images.shape == (20, 32, 32, 3)
    assert data.labels.dtype == data.test_labels.dtype == np.int64
    images, factors = catalogue.render(60, 32, 3)
    np.testing.assert_array_equal(np.concatenate([data.images, data.test_images]), images)
    np.testing.assert_array_equal(np.concatenate([data.labels, data.test_labels]), factors["type"])
    assert len({image.tobytes() for image in images}) == 60


def test_catalogue_in_grey_is_luma(elsewhere, few):
    colour, grey = load("catalogue").images, load("catalogue", channels=1).images
    expected = [np.asarray(Image.fromarray(image).convert("L")) for image in colour]
    np.testing.assert_array_equal(grey[..., 0], expected)


def test_part_of_the_catalogue_has_the_pixels_of_the_whole(elsewhere, few):
    part = load("catalogue", limit=7)  # rendered alone
    assert not (elsewhere / "cache").exists()
    load("catalogue")
    assert len(list((elsewhere / "cache" / "catalogue").iterdir())) == 1
    again = load("catalogue", limit=7)  # taken from the cache
    for name in ("images", "labels", "test_images", "test_labels"):
        np.testing.assert_array_equal(getattr(part, name), getattr(again, name))
    assert (len(part.images), len(part.test_images)) == (7, 7)


def test_catalogue_comes_from_the_cache(elsewhere, few, monkeypatch):
    first = load("catalogue")
    (path,) = (elsewhere / "cache" / "catalogue").iterdir()
    monkeypatch.setattr(catalogue, "render_factors", None)  # not needed any more
    np.testing.assert_array_equal(load("catalogue").images, first.images)
    monkeypatch.undo()
    assert path.exists()


@pytest.mark.parametrize(
    "damage", ["truncated", "empty", "text", "other shape", "other content", "one array"]
)
def test_damaged_cache_is_rendered_again(elsewhere, few, damage):
    first = load("catalogue")
    (path,) = (elsewhere / "cache" / "catalogue").iterdir()
    good = path.read_bytes()
    if damage == "other shape":
        np.savez(path, images=first.images[:3])
    elif damage == "other content":
        np.savez(path, pictures=first.images)
    elif damage == "one array":
        with path.open("wb") as file:
            np.save(file, first.images)
    else:
        path.write_bytes({"truncated": good[:-3000], "empty": b"", "text": b"no"}[damage])
    np.testing.assert_array_equal(load("catalogue").images, first.images)
    assert path.read_bytes() == good


@pytest.mark.parametrize(
    ("field", "what"),
    [(4, "version"), (6, "encrypted"), (8, "compression")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_zip_with_a_damaged_directory_is_rendered_again(elsewhere, few, field, what):
    """Each makes the zip reader raise an error of another kind."""
    first = load("catalogue")
    (path,) = (elsewhere / "cache" / "catalogue").iterdir()
    good = path.read_bytes()
    bad = bytearray(good)
    directory = good.rindex(b"PK\x01\x02")
    for start in (0, directory + 2):  # the entry itself, and its copy at the end
        bad[start + field] ^= 0x7F
    path.write_bytes(bad)
    np.testing.assert_array_equal(load("catalogue").images, first.images)
    assert path.read_bytes() == good


def test_one_wrong_bit_in_the_cache_is_noticed(elsewhere, few):
    first = load("catalogue")
    (path,) = (elsewhere / "cache" / "catalogue").iterdir()
    good = path.read_bytes()
    for place in np.random.default_rng(0).integers(60, len(good) - 200, 20):
        bad = bytearray(good)
        bad[place] ^= 1
        path.write_bytes(bad)
        np.testing.assert_array_equal(load("catalogue").images, first.images)


def test_header_that_is_no_python_is_rendered_again(elsewhere, few):
    """An opening bracket too many: NumPy reads the array's header as Python."""
    first = load("catalogue")
    (path,) = (elsewhere / "cache" / "catalogue").iterdir()
    good = path.read_bytes()
    path.write_bytes(good.replace(b"), }", b"(, }", 1))
    np.testing.assert_array_equal(load("catalogue").images, first.images)
    assert path.read_bytes() == good


def test_stale_cache_is_not_used(elsewhere, few, monkeypatch, tmp_path):
    load("catalogue")
    changed = tmp_path / "elsewhere" / "__init__.py"
    changed.parent.mkdir()
    changed.write_text("# another renderer")
    monkeypatch.setattr(catalogue, "__file__", str(changed))
    load("catalogue")
    load("catalogue", size=28)
    load("catalogue", seed=1)
    assert len(list((elsewhere / "cache" / "catalogue").iterdir())) == 4


def test_unwritable_cache_is_no_error(elsewhere, few, monkeypatch):
    (elsewhere / "file").write_text("in the way")
    monkeypatch.setenv("PRODIMG_CACHE", str(elsewhere / "file"))
    assert len(load("catalogue").images) == 40


# --- what a name means


def test_a_name_is_the_built_in_source_also_beside_a_folder_called_so(
    elsewhere, few, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    for i in range(3):
        (tmp_path / "catalogue" / f"{i}").mkdir(parents=True)
        Image.new("RGB", (30, 30), (i, 0, 0)).save(tmp_path / "catalogue" / f"{i}" / "a.png")
    assert load("catalogue").source == "catalogue"
    for source in ("./catalogue", "catalogue/", Path("catalogue")):
        assert load(source).source == "folder"
    (tmp_path / "auto").mkdir()
    assert load("auto", on_message=lambda line: None).source == "catalogue"


# --- arguments


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"source": "fashion_MNIST"},
            "unknown data source 'fashion_MNIST': did you mean 'fashion-",
        ),
        ({"source": "catalog"}, "did you mean 'catalogue'"),
        ({"source": "mnist-of-mugs"}, "choose fashion-mnist, catalogue, auto"),
        ({"source": ""}, "unknown data source ''"),
        ({"source": "no/such/place"}, "no/such/place does not exist"),
        ({"source": "~/no-such-place"}, "no-such-place does not exist"),
        ({"source": "~nobody-of-this-name/photos"}, "~nobody-of-this-name/photos does not exist"),
        ({"source": "~nobody-of-this-name"}, "unknown data source '~nobody-of-this-name'"),
        ({"source": "x" * 300}, "unknown data source 'xxx"),
        ({"source": "a/" + "x" * 300}, "xxx does not exist"),
        ({"source": "a/b\0c"}, "does not exist"),
        ({"size": 48}, "image size 48 is not supported: choose 28, 32 or 64"),
        ({"size": 32.0}, "image size 32.0 is not supported"),
        ({"channels": 2}, "channels = 2 is not supported: choose 1"),
        ({"channels": True}, "channels = True is not supported"),
        ({"fit": "stretch"}, "fit = 'stretch' is not known: choose 'pad' or 'crop'"),
        ({"limit": 0}, "limit = 0: expected a whole number of images, at least 1"),
        ({"limit": 2.5}, "limit = 2.5: expected"),
        ({"limit": "5"}, "limit = '5': expected"),
        ({"seed": -1}, "seed = -1: expected a whole number, at least 0"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_wrong_arguments(elsewhere, wrong, message):
    with pytest.raises(InputError) as caught:
        load(**({"source": "catalogue"} | wrong))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
