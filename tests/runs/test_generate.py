"""Images of a run as a shop gets them: reproducible, accepted, whole, in place of no one else's."""

import csv
import hashlib
import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from prodimg_lib import InputError, provenance
from prodimg_lib.runs import acceptance, accepted, outputs
from prodimg_lib.runs.config import RunConfig
from prodimg_lib.runs.folder import load_data, load_model, read_config
from prodimg_lib.runs.generate import generate
from prodimg_lib.runs.run import run
from prodimg_lib.runs.show import Show
from tests.samples import TINY, tiny_images

NAMES = ["left", "right"]
OFF = {"class": None, "copy": None}  # no network: it is another test's matter


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a GAN's run of a few steps on two classes of photographs."""
    photos = tmp_path_factory.mktemp("photos")
    for i, (image, label) in enumerate(zip(*tiny_images(40), strict=True)):
        (photos / NAMES[label]).mkdir(exist_ok=True)
        Image.fromarray(image[..., 0]).save(photos / NAMES[label] / f"{i}.png")
    out = tmp_path_factory.mktemp("runs") / "shop"
    config = RunConfig(
        data={"source": str(photos), "size": 28, "channels": 1},
        settings=TINY,
        train={"minutes": None, "steps": 6, "batch_size": 8, "log_every": 2},
        evaluate={"images": 8},
    )
    run(config, out)
    return out


def everything(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*")}


def manifest(content):
    return list(csv.DictReader(io.StringIO(content["manifest.csv"].decode(), newline="")))


def pixels(content):
    return np.asarray(Image.open(io.BytesIO(content)))


@pytest.fixture
def half(monkeypatch, trained):
    """One gate that about half of the images pass, with limits from images of the model."""
    images = load_model(trained).generate(64, seed=77)

    def limits(data, names, conditional, chosen):
        gates = acceptance.from_photographs(data, names, conditional, OFF)
        middle = np.median(gates.measure(images, np.zeros(64, int))["sharpness"])
        gates.limits = {"sharpness": np.array([[middle, np.inf]] * 2)}
        return gates

    monkeypatch.setattr(accepted, "from_photographs", limits)


def test_a_plain_call_is_what_it_was(trained, tmp_path):
    generate(trained, tmp_path / "a", 5, seed=3)
    content = everything(tmp_path / "a")
    wanted = load_model(trained).generate(5, seed=3)
    assert sorted(content) == ["grid.png", *(f"images/{i}.png" for i in range(5)), "manifest.csv"]
    for i, row in enumerate(manifest(content)):
        assert row == {
            "file": f"images/{i}.png", "class": NAMES[i % 2], "seed": "3", "index": str(i),
        }  # fmt: skip
        np.testing.assert_array_equal(pixels(content[row["file"]]), wanted[i, ..., 0])


def test_classes_each_so_many_and_a_zip_holds_the_same(trained, tmp_path):
    generate(trained, tmp_path / "a", 3, ["right", "LEFT"], seed=3)
    generate(trained, str(tmp_path / "a.zip"), 3, ["right", "0"], seed=3)
    content = everything(tmp_path / "a")
    assert [row["class"] for row in manifest(content)] == ["right"] * 3 + ["left"] * 3
    with zipfile.ZipFile(tmp_path / "a.zip") as parts:
        assert {name: parts.read(name) for name in parts.namelist()} == content
    assert pixels(content["grid.png"]).shape == (2 * (28 * 2 + 1), 2 * (28 * 3 + 2))


def test_each_file_names_the_weights_that_made_it(trained, tmp_path):
    generate(trained, tmp_path / "a", 2, seed=3, truncation=0.9)
    told = provenance.read(tmp_path / "a" / "images" / "1.png")
    weights = load_model(trained).ema_generator.get_weights()
    whole = hashlib.sha256()
    for array in weights:
        whole.update(f"float32 {array.shape}".encode() + array.tobytes())
    assert told == {
        "generated": True,
        "software": provenance.software(),
        "model": "GAN",
        "weights": whole.hexdigest(),
        "run": "shop",
        "truncation": 0.9,
        "class": "right",
        "seed": 3,
        "index": 1,
        "digital_source_type": provenance.SOURCE_TYPE,
    }


def test_a_walk_is_in_the_manifest(trained, tmp_path):
    generate(trained, tmp_path / "a", 4, "left", seed=3, between=("1", "8:0"))
    content = everything(tmp_path / "a")
    rows = manifest(content)
    assert rows[3] == {
        "file": "images/3.png", "class": "left", "seed": "3", "index": "1", "to_class": "left",
        "to_seed": "8", "to_index": "0", "share": "1.0000",
    }  # fmt: skip
    wanted = load_model(trained).generate(1, 0, 8)[0, ..., 0]
    np.testing.assert_array_equal(pixels(content["images/3.png"]), wanted)
    assert provenance.read(tmp_path / "a" / "images" / "0.png")["to_index"] == 0


def test_accepted_images_come_again_and_do_not_depend_on_each_other(trained, tmp_path, half):
    for name, n, labels in (("a", 12, NAMES), ("b", 12, NAMES), ("c", 5, ["right"])):
        generate(trained, tmp_path / name, n, labels, seed=3, gates={})
    a, b, c = (everything(tmp_path / name) for name in "abc")
    assert a == b
    rows = manifest(a)
    attempts = {int(row["attempt"]) for row in rows}
    assert attempts >= {0, 1}
    alone = [row for row in rows if row["class"] == "right"][:5]
    for row, other in zip(alone, manifest(c), strict=True):
        assert row | {"file": ""} == other | {"file": ""}
        assert a[row["file"]] == c[other["file"]]
    # The manifest's seed draws the image again, without gates.
    model = load_model(trained)
    for row in rows:
        index, label = int(row["index"]), NAMES.index(row["class"])
        again = model.generate(index + 1, label, int(row["seed"]))[index, ..., 0]
        np.testing.assert_array_equal(pixels(a[row["file"]]), again)
        assert (row["seed"] == "3") == (row["attempt"] == "0")


def test_what_is_refused_is_counted(trained, tmp_path, half):
    class Told(Show):
        def gates(self, limits, refused, *, accepted, asked, drawn):
            self.facts = refused, accepted, asked, drawn

    show = Told()
    generate(trained, tmp_path / "a", 12, NAMES, seed=3, gates={}, show=show)
    rows = manifest(everything(tmp_path / "a"))
    again = sum(int(row["attempt"]) for row in rows)
    assert show.facts == ({"sharpness": again}, 24, 24, 24 + again)
    assert again > 0


def test_with_too_few_accepted_those_that_are_stay_and_one_line_says_so(trained, tmp_path, half):
    words = (
        r"(\d+) of 40 images were accepted in 1 attempts.*gate sharpness: .*--gate sharpness=off"
    )
    with pytest.raises(InputError, match=words) as error:
        generate(trained, tmp_path / "a", 20, NAMES, seed=3, gates={}, attempts=1)
    content = everything(tmp_path / "a")
    kept = int(str(error.value).split()[0])
    assert 0 < kept < 40
    assert len(manifest(content)) == kept == len(content) - 2


def test_none_accepted_leaves_no_folder(trained, tmp_path):
    with pytest.raises(InputError, match=r"^0 of 4 images"):
        generate(trained, tmp_path / "a", 4, gates=OFF | {"fill": (2.0, 3.0)}, attempts=2)
    assert not (tmp_path / "a").exists()


def test_gates_of_the_photographs_of_the_run(trained, tmp_path):
    """Untrained images are refused, and photographs of the run are not."""
    data = load_data(read_config(trained))
    gates = acceptance.from_photographs(data, NAMES, True, OFF)
    wrong = gates.refused(gates.measure(data.images, data.labels), data.labels)
    assert max(refused.mean() for refused in wrong.values()) <= 0.05  # 36 of them
    with pytest.raises(InputError, match=r"images were accepted in 3 attempts"):
        generate(trained, tmp_path / "a", 20, gates=OFF, attempts=3)


def test_a_run_whose_classes_changed_has_no_gates(trained, tmp_path, monkeypatch):
    path = trained / "classes.json"
    before = path.read_text()
    path.write_text('["left", "middle"]')
    try:
        with pytest.raises(InputError, match=r"classes of .* are not those .*leave --accept out"):
            generate(trained, tmp_path / "a", 4, gates=OFF)
    finally:
        path.write_text(before)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n": 0}, "-n 0: expected a whole number, at least 1"),
        ({"n": -3}, "-n -3: expected"),
        ({"n": 10**9}, "-n 1000000000: at most 1,000,000"),
        ({"seed": -1}, "--seed -1: expected a whole number, at least 0"),
        ({"out": ""}, "--out is empty"),
        ({"out": "x" * 300}, "cannot read x*: file name too long"),
        ({"run_folder": "x" * 300}, "neither a run folder nor one of catalogue, .*prodimg run"),
        ({"label": ["left", "left"]}, "given twice"),
        ({"label": "²"}, "unknown class '²'"),
        ({"steps": 3}, "--steps: a GAN has none, it takes --truncation"),
        ({"between": ("1", "2"), "gates": {}}, "leave one out"),
        ({"gates": OFF, "attempts": 0}, "--attempts 0: expected"),
    ],
)
def test_a_bad_argument_is_one_line_and_nothing_is_written(trained, tmp_path, options, words):
    arguments = {"run_folder": trained, "out": tmp_path / "a", "n": 4} | options
    with pytest.raises(InputError, match=words) as error:
        generate(**arguments)
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a", "a.zip"])
def test_a_full_disk_is_one_line_and_leaves_nothing(trained, tmp_path, monkeypatch, name):
    def full(image, chunks):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(outputs, "png", full)
    with pytest.raises(InputError, match=rf"{name}: no space left on device; make room there"):
        generate(trained, tmp_path / name, 4)
    assert list(tmp_path.iterdir()) == []


def test_a_run_folder_keeps_its_manifest(trained):
    before = everything(trained)
    with pytest.raises(InputError, match=r"is a run folder.*another --out"):
        generate(trained, trained, 4)
    assert everything(trained) == before
