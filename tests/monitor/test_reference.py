"""From the command: what a run has to compare with, the exit codes, the page and the figures."""

import json
import shutil
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image
from scipy.stats import binom

from prodimg_lib import InputError, cli
from prodimg_lib.data.config import PrepareConfig
from prodimg_lib.data.preparation import prepare_folder
from prodimg_lib.monitor import reference
from prodimg_lib.monitor.reference import measured, open_reference, reference_of
from prodimg_lib.monitor.window import Window, read_window
from prodimg_lib.runs import acceptance
from prodimg_lib.runs.generate import generate
from tests.samples import contents, tiny_images

BEFORE = Path(__file__).parents[1] / "made_before" / "gan"
NAMES = ("left", "right")
GATES = ("odd_aspect", "blank", "dark", "low_information", "blurred")


def save(folder, images, labels):
    for i, (image, label) in enumerate(zip(images, labels, strict=True)):
        place = folder / NAMES[label]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[..., 0]).save(place / f"{i}.png")
    return folder


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A trained run of six steps beside its photographs; no network looks at its images."""

    def none(*source):
        raise InputError("a test has none")

    for module in (reference, acceptance):
        monkeypatch.setattr(module, "for_source", none)
    monkeypatch.setattr(reference, "_DRAWN", 300)
    shop = save(tmp_path / "shop", *tiny_images(40))
    out = tmp_path / "run"
    shutil.copytree(BEFORE, out)
    path = out / "config.yaml"
    path.write_text(path.read_text().replace("SHOP", str(shop)))
    return out


def prodimg(*arguments):
    with pytest.raises(SystemExit) as end:
        cli.main([*map(str, arguments)])
    return end.value.code or 0


def test_served_images_of_the_run_itself_are_calm_and_darkened_ones_are_not(run, tmp_path, capsys):
    generate(run, tmp_path / "served", 80, seed=5)
    page, figures = tmp_path / "page.html", tmp_path / "found.json"
    assert prodimg("monitor", tmp_path / "served", run, "--out", page) == 0
    out, _ = capsys.readouterr()
    assert out.startswith("No drift")
    assert "Kernel distance, plain numbers: no (p " in out
    assert "No drift" in page.read_text()
    for path in (tmp_path / "served" / "images").glob("*.png"):
        Image.fromarray(np.asarray(Image.open(path)) // 2).save(path)
    assert prodimg("monitor", tmp_path / "served", run, "--out", figures) == 3
    told = json.loads(figures.read_text())
    assert told["verdict"] == "drift"
    (row,) = [row for row in told["tests"] if row["test"] == "plain"]
    assert row["drift"]
    assert row["adjusted"] <= 0.01
    # The same file again, and no file of another's.
    assert prodimg("monitor", tmp_path / "served", run, "--out", figures) == 3
    (tmp_path / "mine.json").write_text("{}")
    assert prodimg("monitor", tmp_path / "served", run, "--out", tmp_path / "mine.json") == 2
    assert (tmp_path / "mine.json").read_text() == "{}"


def test_few_photographs_cannot_say(run, tmp_path, capsys):
    week = save(tmp_path / "week", *tiny_images(12, seed=3))
    assert prodimg("monitor", week, run) == 4
    assert "12 images are too few" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nowhere",), "nowhere does not exist"),
        (("shop", "--false-alarms", "1.5"), "--false-alarms 1.5"),
        (("shop", "--matters", "-1"), "--matters -1"),
        (("shop", "--out", "page.txt"), "--out page.txt"),
        (("shop", "--reference", "nowhere"), "nowhere does not exist"),
    ],
)
def test_bad_input_is_one_line(run, tmp_path, capsys, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    window, *more = arguments
    assert prodimg("monitor", window, run, *more) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "prodimg:" in line]
    assert says in line


def test_the_reference_has_the_windows_shares_of_classes_and_gates_of_its_own(run):
    against = open_reference(run)
    window = Window(generated=True, counts={"left": 90, "right": 30})
    found = reference_of(against, window)
    # 150 of each class are there: all of the one, a third as many of the other.
    assert [found.classes.count(name) for name in NAMES] == [150, 50]
    assert found.counts == {}  # how often a class is asked for no model knows
    assert found.drawn == 200
    assert set(found.refused) == {"any", *against.gates.limits}
    accepted = reference_of(
        against, Window(generated=True, accepted=True, counts={"left": 90, "right": 30})
    )
    assert len(accepted.images) == 200 - found.refused["any"]

    photographs = reference_of(against, Window(counts={"left": 5}))
    assert photographs.counts == {"left": 20, "right": 20}  # all, whatever the window has
    # Limits are those that 99 % of the photographs are within, on each gate.
    told = measured(against, photographs)
    assert all(told.refused[name] <= binom.ppf(1 - 1e-4, told.drawn, 0.2) for name in told.refused)


def test_a_class_that_the_model_does_not_know(run):
    against = open_reference(run)
    images, _ = tiny_images(4)
    window = Window(images, ["left", "up", "left", "left"], counts={"left": 3, "up": 1})
    with pytest.raises(InputError, match="has the class 'up', which run does not know"):
        measured(against, window)
    blind = measured(against, Window(images))
    assert not blind.drawn
    assert "gates are set by class" in blind.notes[0]


def test_raw_photographs_are_prepared_as_the_models_were(run, tmp_path):
    """The model's are middles of wide pictures: whole ones, padded, would be other images."""
    shop = tmp_path / "wide"
    for i, image in enumerate(tiny_images(40)[0]):
        wide = np.full((28, 44), 128, np.uint8)
        wide[:, 8:36] = image[..., 0]
        place = shop / NAMES[i % 2]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(wide).save(place / f"{i}.png")
    gates = dict.fromkeys(GATES) | {"too_small": 28}
    config = PrepareConfig(
        size=28, channels=1, fit="crop", cutout={"method": "none"}, gates=gates, val=0
    )
    prepare_folder(shop, tmp_path / "prepared", config)
    path = run / "config.yaml"
    path.write_text(path.read_text().replace(str(tmp_path / "shop"), str(tmp_path / "prepared")))
    against = open_reference(run)
    learned = np.concatenate([against.data.images, against.data.test_images])
    Image.new("L", (20, 20)).save(shop / "left" / "small.png")
    with ZipFile(tmp_path / "week.zip", "w") as packed:
        for file in shop.rglob("*.png"):
            packed.write(file, file.relative_to(shop))
    for window in (shop, tmp_path / "week.zip", tmp_path / "prepared"):
        seen = read_window(window, 28, 1, against.fit, prepare=against.prepare)
        assert contents(seen.images) == contents(learned)
        assert any("1 of its files were left out" in note for note in seen.notes) == (
            window.name != "prepared"
        )
        again = reference_of(against, seen, shop)
        assert contents(again.images) == contents(learned)
    padded = config.model_copy(update={"fit": "pad"})
    prepare_folder(shop, tmp_path / "padded", padded)
    with pytest.raises(InputError, match="padded was prepared otherwise than the model's"):
        read_window(tmp_path / "padded", 28, 1, against.fit, prepare=against.prepare)
