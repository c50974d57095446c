"""A network of one's own, registered by name, judges in everything that commands do."""

import csv
import json

import numpy as np
import pytest

from prodimg_lib import InputError, cli
from prodimg_lib.metrics import efficientnet, extractors
from prodimg_lib.models.families import MODELS, Family
from prodimg_lib.monitor.reference import open_reference
from prodimg_lib.runs import training
from prodimg_lib.runs.choice import command_of
from prodimg_lib.runs.config import RunConfig
from prodimg_lib.runs.folder import load_data
from prodimg_lib.settings import parse
from prodimg_lib.text import text

# Four numbers: the mean of each quarter of the rows.
FILE = """
from prodimg_lib import metrics

metrics.register_extractor(
    "bands", lambda x: x.reshape(len(x), 4, -1, x.shape[2]).mean((2, 3)) / 255, version="1"
)
"""
CHOSEN = ("--set", "evaluate.extractor=bands")


@pytest.fixture(autouse=True)
def bands(tmp_path, monkeypatch):
    """The file that the environment names; the general network is not to be asked."""
    path = tmp_path / "mine.py"
    path.write_text(FILE)
    monkeypatch.setenv("PRODIMG_EXTRACTORS", str(path))
    monkeypatch.setattr(extractors, "_REGISTERED", {})
    monkeypatch.setattr(extractors, "_FILES_RUN", set())
    monkeypatch.setattr(efficientnet, "_compiled", lambda: pytest.fail("another was asked"))
    monkeypatch.setitem(MODELS, "toy", Family("tests.runs.toy:Toy", "tests.runs.toy:ToyConfig"))
    monkeypatch.setitem(text()["models"], "toy", "toy of the tests")
    return path


def prodimg(*arguments):
    with pytest.raises(SystemExit) as end:
        cli.main([*map(str, arguments)])
    return end.value.code or 0


def small(shop):
    shape = ("--size", 28, "--channels", 1)
    return "--data", shop, *shape, "--images", 8, "--set", "train.batch_size=8", *CHOSEN


def judged_by(path):
    metrics = json.loads(path.read_text())["metrics"]
    return {name: facts["network"] for name, facts in metrics.items() if "network" in facts}


def test_run_validates_scores_accepts_and_monitors_by_it(shop, tmp_path, capsys):
    out = tmp_path / "run"
    steps = ("--steps", 4, "--set", "train.validate_every=2")
    assert prodimg("run", *small(shop), "--model", "toy", *steps, "--out", out) == 0
    networks = judged_by(out / "metrics.json")
    assert {"kernel_distance", "recall", "memorised"} <= set(networks)
    assert set(networks.values()) == {"bands"}
    best = json.loads((out / "metrics.json").read_text())["checkpoint"]
    assert best["network"] == "bands"
    # Its checkpoint was chosen by this network's distances: another's cannot go on from there.
    other = ("--set", "evaluate.extractor=efficientnet-lite0")
    assert prodimg("run", *small(shop), "--model", "toy", *steps, *other, "--out", out) == 2
    assert "evaluate.extractor = 'bands', now 'efficientnet-lite0'" in capsys.readouterr().err

    drawn = tmp_path / "drawn"
    prodimg(
        "generate", out, "-n", 4, "--out", drawn, "--attempts", 1,
        *("--gate", "border=off", "--gate", "fill=off", "--gate", "centring=off"),
        *("--gate", "sharpness=off", "--gate", "copy=0"),
    )  # fmt: skip
    with (drawn / "manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4
    assert all(float(row["copy"]) >= 0 for row in rows)
    assert open_reference(out).extractor.title == "bands"

    assert prodimg("evaluate", out, *CHOSEN) == 0
    assert set(judged_by(out / "metrics.json").values()) == {"bands"}


def test_choose_judges_all_by_it_and_the_command_says_so(shop, tmp_path, capsys):
    out = tmp_path / "choice"
    arguments = [a if a != CHOSEN[1] else "extractor=bands" for a in small(shop)]
    assert prodimg("choose", *arguments, "--candidates", "toy", "--steps", 3, "--out", out) == 0
    assert "KD (bands)" in capsys.readouterr().out
    row = json.loads((out / "choice.json").read_text())["candidates"][0]
    networks = {facts["network"] for facts in row["metrics"].values() if facts.get("network")}
    assert networks == {"bands"}
    assert row["metrics"]["requests"]["network"] == "bands"
    of_run = parse(RunConfig, {"train": {"minutes": 1}, "evaluate": {"extractor": "bands"}})
    assert CHOSEN[1].replace("bands", '"bands"') in command_of(of_run, "gan", out)


def test_the_training_doctor_looks_with_it(shop):
    data = load_data(config(shop))
    doctor = training._doctor(MODELS["toy"].load()(num_classes=2), data, None, None)
    assert doctor.extractor.title == "bands"
    assert doctor.real.shape[1] == 4


def config(shop, extractor="bands", **values):
    data = {"source": str(shop), "size": 28, "channels": 1}
    return parse(RunConfig, {"data": data, "evaluate": {"extractor": extractor}, **values})


def test_an_unknown_one_is_refused_before_the_training(shop, tmp_path, capsys):
    out = tmp_path / "run"
    unknown = ("--set", "evaluate.extractor=clip")
    assert prodimg("run", *small(shop), *unknown, "--model", "toy", "--steps", 2, "--out", out) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "clip" in line]
    assert "no extractor is called 'clip': choose one of catalogue" in line
    assert "bands" in line
    assert "PRODIMG_EXTRACTORS" in line
    assert not out.exists()


def test_a_shipped_classifier_judges_its_own_images_alone(shop):
    with pytest.raises(InputError, match=r"'catalogue' knows the images of catalogue alone, not"):
        load_data(config(shop, "catalogue"))
    data = {"source": "catalogue", "size": 32, "limit": 60}
    drawn = load_data(config(shop, "catalogue", data=data))
    assert extractors.for_source(drawn.source, drawn.extractor).title == "catalogue classifier"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("import no_such_network", r"mine.py cannot be run: ModuleNotFoundError: No module named"),
        ("raise ValueError('a\\nb')", r"cannot be run: ValueError: a b$"),
        ("def (", "cannot be run: SyntaxError"),
        (None, "is no Python file"),
    ],
)
def test_a_file_that_fails_is_one_line(bands, content, words):
    if content is None:
        bands.unlink()
    else:
        bands.write_text(content)
    with pytest.raises(InputError, match=words) as caught:
        extractors.for_source("folder", "bands")
    assert "\n" not in str(caught.value)


def test_the_file_is_run_when_a_name_is_asked_for_and_once(bands):
    bands.write_text(FILE + "open(__file__ + '.ran', 'a').write('x')\n")
    extractors.as_extractor("catalogue")
    ran = bands.with_name("mine.py.ran")
    assert not ran.exists()
    images = np.random.default_rng(0).integers(0, 256, (3, 28, 28, 1), np.uint8)
    assert extractors.as_extractor("bands").features(images).shape == (3, 4)
    with pytest.raises(InputError, match="no extractor is called 'other'"):
        extractors.as_extractor("other")
    assert ran.read_text() == "x"
