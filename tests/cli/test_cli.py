"""The command from end to end on the catalogue; where it matters in processes of their own."""

import contextlib
import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from PIL import Image

from prodimg_lib import cli
from prodimg_lib.models.families import MODELS
from prodimg_lib.runs.folder import load_model
from tests.samples import GUARD, same_variables

TINY = [
    "--set",
    "settings.width=8",
    "--set",
    "train.batch_size=32",
    "--set",
    "evaluate.second=false",
]
SMALL = ["--data", "catalogue", "--limit", "400", "--images", "120", *TINY]


def prodimg(*arguments, check=0, cwd=None):
    """The command in this process, which has TensorFlow already: what it wrote, how it ended."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(cwd or "."),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as end,
    ):
        cli.main([*map(str, arguments)])
    result = SimpleNamespace(
        returncode=end.value.code or 0, stdout=out.getvalue(), stderr=err.getvalue()
    )
    assert result.returncode == check, result.stderr
    return result


def command(*arguments):
    """The command line that starts the command in a process of its own, as a person does."""
    return [sys.executable, "-m", "prodimg_lib.cli", *map(str, arguments)]


def in_own_process(*arguments, check=0):
    result = subprocess.run(command(*arguments), capture_output=True, text=True, timeout=GUARD)
    assert result.returncode == check, result.stderr
    return result


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of 40 steps of every model."""
    folders = {}
    for model in MODELS:
        folders[model] = tmp_path_factory.mktemp("runs") / model
        own = {"vqvae": "settings.prior_width=16", "flow": "settings.steps=3"}
        small = ["--set", own[model]] if model in own else []
        run = in_own_process if model == "gan" else prodimg
        run("run", "--model", model, "--steps", 40, "--out", folders[model], *SMALL, *small)
    return folders


@pytest.mark.parametrize("model", MODELS)
def test_run_writes_the_folder_of_the_design(finished, model):
    out = finished[model]
    assert {p.name for p in out.iterdir()} >= {
        "config.yaml",
        "environment.json",
        "checkpoints",
        "samples",
        "history.csv",
        "metrics.json",
        "manifest.csv",
        "report.html",
        "card.md",
    }
    assert ".lock" not in {p.name for p in out.iterdir()}
    rows = list(csv.DictReader((out / "manifest.csv").open(encoding="utf-8")))
    assert len(rows) == 120
    assert {"file", "class", "seed", "confidence"} <= set(rows[0])
    for row in rows[::40]:
        assert Image.open(out / row["file"]).size == (32, 32)
    result = json.loads((out / "metrics.json").read_text())
    fd = result["metrics"]["fd_product"]
    assert fd["n"] == 120
    assert fd["d"] == 64
    assert 0 < fd["floor"] < fd["value"]
    assert result["training"]["step"] == 40
    assert result["advice"]
    assert ("reconstruction_psnr" in result["metrics"]) == (
        model in ("vae", "vqvae", "latent-flow")
    )
    assert yaml.safe_load((out / "config.yaml").read_text())["model"] == model


@pytest.mark.parametrize("model", MODELS)
def test_report_is_one_file_that_opens_anywhere(finished, model):
    html = (finished[model] / "report.html").read_text(encoding="utf-8")
    sources = re.findall(r'(?:src|href)="([^"]{0,40})', html)
    assert sources
    assert all(s.startswith("data:image/png;base64,") for s in sources if not s.startswith("#"))
    assert "@import" not in html
    assert "url(http" not in html
    for image in re.findall(r"<img [^>]*>", html):
        assert re.search(r'alt="[^"]+"', image)
    for word in ("FD-product", "floor", "seed", "tensorflow", "width"):
        assert word in html
    assert ("KL of each dimension" in html) == (model == "vae")
    assert len(html) < 3_000_000


def test_generate_is_reproducible_and_by_class(finished, tmp_path):
    run = finished["gan"]
    for name in ("a", "b"):
        prodimg("generate", run, "-n", 6, "--class", "mug", "--seed", 3, "--out", tmp_path / name)
    a, b = (np.asarray(Image.open(tmp_path / n / "grid.png")) for n in ("a", "b"))
    np.testing.assert_array_equal(a, b)
    rows = list(csv.DictReader((tmp_path / "a" / "manifest.csv").open(encoding="utf-8")))
    assert [row["class"] for row in rows] == ["mug"] * 6
    assert len(list((tmp_path / "a" / "images").glob("*.png"))) == 6


def test_generate_with_a_shipped_generator(tmp_path):
    prodimg("generate", "catalogue", "-n", 3, "--class", "mug", "--out", tmp_path / "mugs")
    rows = list(csv.DictReader((tmp_path / "mugs" / "manifest.csv").open(encoding="utf-8")))
    assert [row["class"] for row in rows] == ["mug"] * 3


def test_generate_several_classes_and_a_walk_into_zip_files(tmp_path):
    for name, more in (("a", []), ("walk", ["--between", 1, "8:0"])):
        out = tmp_path / f"{name}.zip"
        done = prodimg(
            "generate",
            "catalogue",
            "-n",
            2,
            "--class",
            "mug",
            "--class",
            "Hat",
            *more,
            "--out",
            out,
        )
        assert done.stdout.strip() == str(out)
    with zipfile.ZipFile(tmp_path / "a.zip") as parts:
        rows = list(csv.DictReader(io.StringIO(parts.read("manifest.csv").decode(), newline="")))
    assert [(row["class"], row["index"]) for row in rows] == [
        ("mug", "0"), ("mug", "1"), ("hat", "0"), ("hat", "1"),
    ]  # fmt: skip
    with zipfile.ZipFile(tmp_path / "walk.zip") as parts:
        assert b"images/1.png,mug,0,1,hat,8,0,1.0000" in parts.read("manifest.csv")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-n", "0"], ["-n 0", "at least 1"]),
        (["--seed", "-1"], ["--seed -1", "at least 0"]),
        (["--out", ""], ["--out is empty"]),
        (["--gate", "fil=1"], ["--gate fil=1", "border, fill"]),
        (["--attempts", "3"], ["--attempts", "--accept"]),
        (["--between", "1", "x"], ["--between x", "SEED:INDEX"]),
        (["--accept", "--between", "1", "2"], ["--accept", "leave one out"]),
        (["--class", "mug", "--class", "MUG"], ["given twice"]),
    ],
)
def test_generate_refuses_on_one_line(arguments, words, tmp_path):
    out = [] if "--out" in arguments else ["--out", "out"]
    result = prodimg("generate", "catalogue", *arguments, *out, check=2, cwd=tmp_path)
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("prodimg: ")]
    for word in words:
        assert word in line
    assert os.listdir(tmp_path) == []


def test_human_study_of_a_run(finished, tmp_path):
    """The page from the run, and the scores of a file as the page saves it."""
    import base64
    import json
    import re

    page = prodimg("human-eval", finished["gan"], "--pairs", 4, "--out", tmp_path / "page.html")
    assert page.stdout.strip() == str(tmp_path / "page.html")
    content = (tmp_path / "page.html").read_text(encoding="utf-8")
    source = re.search(r'id="study">(.*?)</script>', content, re.S)[1]
    study = json.loads(source)
    keys = [json.loads(base64.b64decode(trial["k"])) for trial in study["trials"]]
    trials = [
        {"id": name, "kind": kind, "class": label, "choice": "left", "real": "left", "ms": 800}
        for name, kind, label, _ in keys
    ]
    answers = {"format": study["format"], "study": study["study"], "rater": "A", "trials": trials}
    (tmp_path / "a.json").write_text(json.dumps(answers), encoding="utf-8")
    done = prodimg("human-eval", "score", tmp_path / "a.json", "--out", tmp_path / "scores.json")
    assert "Fooling rate 0.0%" in done.stdout
    assert json.loads((tmp_path / "scores.json").read_text())["fooling_rate"]["n"] == 4


def test_evaluate_again_with_another_number_of_images(finished):
    prodimg("evaluate", finished["vae"], "--images", 60)
    result = json.loads((finished["vae"] / "metrics.json").read_text())
    assert result["metrics"]["fd_product"]["n"] == 60


@pytest.mark.parametrize(
    ("gates", "code", "says"),
    [
        (["similarity >= 0", "memorised <= 0.9"], 0, "Ship: every gate passes."),
        (["similarity >= 0", "similarity >= 1"], 3, "Do not ship: a gate fails."),
        (["similarity >= 0", "frechet_distance <= 1"], 4, "Not decided"),
    ],
)
def test_the_exit_code_of_evaluate_is_the_verdict(finished, gates, code, says):
    out = finished["vae"]
    settings = (out / "config.yaml").read_bytes()
    options = [option for gate in gates for option in ("--gate", gate)]
    licence = ("--set", "card.data_licence=CC0")
    done = prodimg("evaluate", out, "--images", 40, *options, *licence, check=code)
    assert done.stdout.strip() == f"{out}/report.html"
    assert says in done.stderr
    assert f"  {gates[0]}: passes. " in done.stderr
    verdict = json.loads((out / "metrics.json").read_text())["verdict"]
    assert [row["gate"] for row in verdict["gates"]] == gates
    report = (out / "report.html").read_text(encoding="utf-8")
    body = report[report.index("<body>") :]
    assert body.index(says) < body.index('class="tiles"')
    card = (out / "card.md").read_text(encoding="utf-8")
    assert f"**{says}" in card
    assert "- Images: CC0" in card  # of the drawn catalogue
    assert (out / "config.yaml").read_bytes() == settings  # gates are of this evaluation


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--gate", "covrage >= 0.4"], ["'covrage'", "choose from"]),
        (["--gate", "coverage is fine"], ["expected a metric"]),
        (["--set", "train.steps=9"], ["train.steps=9", "only evaluate.… and card.…"]),
        (["--set", "evaluate.imags=9"], ["evaluate.imags", "did you mean 'images'"]),
    ],
)
def test_evaluate_refuses_on_one_line(finished, options, words):
    before = (finished["vae"] / "metrics.json").read_bytes()
    (line,) = prodimg("evaluate", finished["vae"], *options, check=2).stderr.strip().splitlines()
    for word in words:
        assert word in line
    assert (finished["vae"] / "metrics.json").read_bytes() == before


def test_gates_of_a_run_are_kept_and_judge_it(finished):
    """Also of one that is trained already; its own exit code tells whether it was carried out."""
    out = finished["gan"]
    done = prodimg("run", "--out", out, "--gate", "similarity >= 1", "--images", 40)
    assert "Do not ship" in done.stderr
    assert "Do not ship" in prodimg("evaluate", out, check=3).stderr
    prodimg("run", "--out", out, "--set", "evaluate.gates=[]", "--images", 120)
    assert json.loads((out / "metrics.json").read_text())["verdict"] is None


def stopped_early(command, out, number):
    """Exit code, stderr and step of a run that got a signal once it had a checkpoint."""
    state = out / "checkpoints" / "state.json"
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        end = time.monotonic() + GUARD
        while not state.is_file() and process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        process.send_signal(number)
        _, errors = process.communicate(timeout=GUARD)
    finally:
        process.kill()
    return process.returncode, errors, json.loads(state.read_text())["step"]


@pytest.mark.parametrize(
    ("model", "number", "code"), [("gan", signal.SIGKILL, -9), ("vae", signal.SIGINT, 130)]
)
def test_stopped_and_started_again_is_as_if_never_stopped(model, number, code, tmp_path):
    settings = [
        *("--model", model, *SMALL, "--images", 40),
        *("--set", "train.checkpoint_seconds=0.3", "--set", "train.log_every=10"),
    ]
    straight, broken = tmp_path / "straight", tmp_path / "broken"
    # So many steps that it is stopped long before, however slow this test is in looking.
    endless = command("run", "--out", broken, "--steps", 10**7, *settings)
    returncode, errors, stopped_at = stopped_early(endless, broken, number)
    assert returncode == code, errors
    if number == signal.SIGINT:
        assert "run the same command again to go on" in errors
    steps = stopped_at + 25
    prodimg("run", "--out", straight, "--steps", steps, *settings)
    again = prodimg("run", "--out", broken, "--steps", steps, *settings)
    assert f"going on from step {stopped_at:,}" in again.stderr
    assert same_variables(load_model(straight), load_model(broken))
    steps_logged = [int(r["step"]) for r in csv.DictReader((broken / "history.csv").open())]
    assert steps_logged == sorted({*range(10, steps, 10), steps})


def test_other_settings_in_an_old_folder_are_refused_and_nothing_is_lost(finished):
    out = finished["gan"]
    before = {p: p.stat().st_mtime_ns for p in out.rglob("*") if p.is_file()}
    result = prodimg("run", "--out", out, "--seed", 5, check=2)
    assert "seed = 0, now 5" in result.stderr
    assert before == {p: p.stat().st_mtime_ns for p in out.rglob("*") if p.is_file()}


def broken_folder(path):
    path.mkdir()
    (path / "one.jpg").write_bytes(b"not a picture")
    return path


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data", "no/such/folder"], ["no/such/folder", "give the folder"]),
        (["--data", "EMPTY"], ["holds no images", "JPEG"]),
        (["--data", "BROKEN"], ["one.jpg", "none of the 1 images"]),
        (["--data", "fashion-mnits"], ["fashion-mnits", "did you mean 'fashion-mnist'"]),
        (["--set", "settings.widht=3"], ["settings", "widht", "did you mean 'width'"]),
        (["--set", "trian.steps=3"], ["trian", "did you mean 'train'"]),
        (["--set", "settings.size=32"], ["settings.size", "--size"]),
        (["--set", "nonsense"], ["nonsense", "KEY=VALUE"]),
        (["--data", "catalogue", "--size", "48"], ["48", "28, 32 or 64"]),
        (["--minutes", "0"], ["--minutes 0", "above 0"]),
        (["--model", "gna"], ["gna", "'vqvae', 'flow' or 'latent-flow'"]),
        (["--config", "missing.yaml"], ["missing.yaml"]),
        (["--data", "catalogue", "--limit", "20"], ["20 images", "batch"]),
        (["--out", "/proc/nowhere/run"], ["/proc/nowhere/run", "another --out"]),
    ],
)
def test_bad_input_is_one_line_and_exit_code_two(arguments, words, tmp_path):
    (tmp_path / "EMPTY").mkdir()
    broken_folder(tmp_path / "BROKEN")
    arguments = [str(tmp_path / a) if a in ("EMPTY", "BROKEN") else a for a in arguments]
    out = [] if "--out" in arguments else ["--out", tmp_path / "run"]
    result = prodimg("run", *arguments, *out, check=2, cwd=tmp_path)
    lines = [line for line in result.stderr.splitlines() if line.startswith("prodimg: ")]
    assert len(lines) == 1
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in lines[0]


def test_small_commands_on_what_is_no_run(tmp_path):
    for command in (["evaluate", tmp_path], ["generate", tmp_path, "--out", tmp_path / "x"]):
        assert "is no run folder" in prodimg(*command, check=2).stderr


def test_data_prepare_and_show_and_run(tmp_path):
    photos = tmp_path / "photos"
    rng = np.random.default_rng(0)
    for name in ("cups", "hats"):
        (photos / name).mkdir(parents=True)
        for j in range(12):
            pixels = rng.integers(0, 256, (50, 40 + j, 3), np.uint8)
            Image.fromarray(pixels).save(photos / name / f"{j}.png")
    (photos / "hats" / "broken.jpg").write_bytes(b"xx")
    out = tmp_path / "prepared"
    done = prodimg("data", "prepare", photos, "--size", 28, "--out", out, "--cutout", "none")
    assert done.stdout.strip() == f"{out}/report.html"
    assert "18 training, 2 validation and 4 test images" in done.stderr
    assert ",dropped,not a readable image" in (out / "manifest.csv").read_text()
    shown = prodimg("data", "show", "--data", out)
    assert "cups" in shown.stdout
    assert "broken.jpg" in prodimg("data", "show", "--data", photos).stderr
    run = tmp_path / "run"
    small = ("--steps", 2, "--images", 8, *TINY, "--set", "train.batch_size=8")
    prodimg("run", "--data", out, "--out", run, *small)
    assert json.loads((run / "classes.json").read_text()) == ["cups", "hats"]
    assert "photographs in photos, prepared: 18 training and 4 held-out" in (
        run / "report.html"
    ).read_text(encoding="utf-8")
    prodimg("run", "--data", f"{out}/", "--out", run, *small)  # the same folder, said otherwise
    again = prodimg("run", "--data", out, "--size", 64, "--out", tmp_path / "x", *small, check=2)
    assert "was prepared with size = 28, now 64 is asked for" in again.stderr
    assert not (tmp_path / "x").exists()


def test_labels_that_changed_are_not_trained_on(tmp_path):
    """One photograph moved to another class: refused, and nothing of the run is lost."""
    photos, run = tmp_path / "photos", tmp_path / "run"
    rng = np.random.default_rng(0)
    for name in ("cups", "hats"):
        (photos / name).mkdir(parents=True)
        for j in range(6):
            pixels = rng.integers(0, 256, (40, 40, 3), np.uint8)
            Image.fromarray(pixels).save(photos / name / f"{j}.png")
    small = ("--size", 28, "--images", 8, *TINY, "--set", "train.batch_size=4")
    prodimg("run", "--data", photos, "--steps", 2, "--out", run, *small)
    (photos / "cups" / "5.png").rename(photos / "hats" / "6.png")
    before = {p: p.read_bytes() for p in run.iterdir() if p.is_file()}
    done = prodimg("run", "--data", photos, "--steps", 4, "--out", run, *small, check=2)
    assert "or their labels are not those" in done.stderr
    assert before == {p: p.read_bytes() for p in run.iterdir() if p.is_file()}
    assert "or their labels are not those" in prodimg("evaluate", run).stderr


def test_too_few_photographs_for_a_batch_leave_nothing_behind(tmp_path):
    (tmp_path / "photos").mkdir()
    for j in range(4):
        pixels = np.random.default_rng(j).integers(0, 256, (40, 40, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "photos" / f"{j}.png")
    arguments = ("run", "--data", tmp_path / "photos", "--steps", 1, "--out", tmp_path / "run")
    assert "--set train.batch_size=3" in prodimg(*arguments, check=2).stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["catalogue"], ["catalogue needs no preparation", "./catalogue"]),
        (["no/folder"], ["no/folder does not exist"]),
        (["PHOTOS", "--item", "("], ["item = '('", "regular expression"]),
        (["PHOTOS", "--item", "abc"], ["one group"]),
        (["PHOTOS", "--cutout", "magic"], ["cutout.method", "'magic'"]),
        (["PHOTOS", "--cutout", "rembg"], ["rembg", "choose 'opencv'"]),
        (["PHOTOS", "--set", "gates.blured=1"], ["gates.blured", "did you mean 'blurred'"]),
        (["PHOTOS", "--set", "test=0.9", "--set", "val=0.2"], ["val + test", "nothing is left"]),
        (["PHOTOS", "--set", "test=[1"], ["test=[1", "not valid YAML"]),
        (["PHOTOS", "--out", "PHOTOS/prepared"], ["lies in", "beside it"]),
        (["PHOTOS", "--out", "OTHER"], ["is not empty and holds no prepared data"]),
        (["BROKEN"], ["holds no photograph to keep (first: one.jpg, not a readable image)"]),
    ],
)
def test_prepare_refuses_on_one_line(arguments, words, tmp_path):
    broken_folder(tmp_path / "BROKEN")
    for name in ("PHOTOS", "OTHER"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (40, 40)).save(tmp_path / name / "0.png")
    out = [] if "--out" in arguments else ["--out", "out"]
    result = prodimg("data", "prepare", *arguments, *out, check=2, cwd=tmp_path)
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("prodimg: ")]
    for word in words:
        assert word in line
    assert os.listdir(tmp_path / "OTHER") == ["0.png"]


def test_twenty_photographs_of_one_kind_are_enough_to_try(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    rng = np.random.default_rng(0)
    for i in range(20):
        pixels = rng.integers(0, 255, (50, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(photos / f"{i}.png")
    out = tmp_path / "run"
    prodimg(
        "run", "--data", photos, "--size", 28, "--steps", 3, "--out", out, *TINY,
        "--set", "train.batch_size=8", "--images", 30,
    )  # fmt: skip
    result = json.loads((out / "metrics.json").read_text())
    assert not {"fd_product", "inception_score"} & result["metrics"].keys()  # they are no catalogue
    report = (out / "report.html").read_text()
    assert "</b>KD (EfficientNet-Lite0)<br>" in report  # among the tiles at the top
    assert ", features efficientnet-lite0 57934424</small>" in report
    assert "No Fréchet distance" in result["notes"][0]
    assert f"<p>{result['notes'][0]}</p>" in report


def test_help_is_instant_and_import_loads_no_tensorflow():
    """Instant, as what takes long is not imported; the time itself is the machine's."""
    code = "import sys, prodimg_lib.cli; sys.exit(bool({'tensorflow', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    code = "import sys, prodimg_lib; prodimg_lib.losses; sys.exit('tensorflow' not in sys.modules)"
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    result = subprocess.run([sys.executable, "-c", code], check=False, env=quiet)
    assert result.returncode == 0
    assert "generate" in in_own_process("--help").stdout


def test_bad_input_in_a_process_of_its_own(tmp_path):
    result = in_own_process("run", "--model", "gna", "--out", tmp_path / "run", check=2)
    assert result.stderr.startswith("prodimg: ")
    assert len(result.stderr.splitlines()) == 1
