"""Sources by name: what a name means, the catalogue and its cache, auto, arguments."""

import numpy as np
import pytest
from models import put
from PIL import Image

from prodimg_lib.data import catalogue, load, sources
from prodimg_lib.errors import InputError

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


@pytest.mark.parametrize("damage", ["truncated", "empty", "text", "other shape"])
def test_damaged_cache_is_rendered_again(elsewhere, few, damage):
    first = load("catalogue")
    (path,) = (elsewhere / "cache" / "catalogue").iterdir()
    good = path.read_bytes()
    if damage == "other shape":
        np.savez(path, images=first.images[:3])
    else:
        path.write_bytes({"truncated": good[:-3000], "empty": b"", "text": b"no"}[damage])
    np.testing.assert_array_equal(load("catalogue").images, first.images)
    assert path.read_bytes() == good


def test_stale_cache_is_not_used(elsewhere, few, monkeypatch, tmp_path):
    load("catalogue")
    changed = tmp_path / "elsewhere" / "catalogue.py"
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
    ids=str,
)
def test_wrong_arguments(elsewhere, wrong, message):
    with pytest.raises(InputError) as caught:
        load(**({"source": "catalogue"} | wrong))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
