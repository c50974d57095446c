"""From what a run measured to the settings of the next one: each change with its figure."""

import json
import os
import shutil

import pytest
import yaml

from prodimg_lib import InputError, cli
from prodimg_lib.models.families import MODELS
from prodimg_lib.runs import run as run_module
from prodimg_lib.runs.adjust import adjust, next_folder, plan
from prodimg_lib.runs.advice import Weakness
from prodimg_lib.runs.config import RunConfig
from prodimg_lib.runs.folder import read_config
from prodimg_lib.runs.remedies import _RULES, Situation, remedy
from prodimg_lib.settings import parse
from prodimg_lib.text import text
from tests import kills
from tests.faults import count, killed
from tests.runs.made import facts, finished_run


def situation(model="gan", steps=1000, photographs=6400, held_out=900, **values):
    """Of a run with these settings on photographs in two classes, scored by 300 images."""
    values["train"] = {"batch_size": 64} | values.get("train", {})
    config = parse(RunConfig, {"model": model, **values})
    shape = {"size": 28, "channels": 1, "num_classes": 2 if config.conditional else 0}
    return Situation(
        config=config,
        settings=config.settings.shaped(**shape),
        metrics={"fd_product": facts(90.0, 1.0, 2.0, n=300, d=64)},
        steps=steps,
        train=photographs,
        held_out=held_out,
        classes=2,
    )


@pytest.mark.parametrize(
    ("name", "now", "expected"),
    [
        # 20 passes over 6,400 photographs in batches of 64 are 2,000 steps, fewer than 5,000.
        ("undertrained", {}, {"train.minutes": 15.0}),
        ("undertrained", {"photographs": 64_000, "steps": 4000}, {"train.minutes": 15.0}),
        ("undertrained", {"steps": 5}, {"train.minutes": 30.0}),  # at most ten times
        ("undertrained", {"steps": 4900}, {"train.minutes": 6.0}),  # at least twice
        ("noise", {"steps": 2500}, {"train.minutes": 6.0}),
        ("converging", {"settings": {"width": 48}}, {"settings.width": 96}),
        ("repeats", {}, {"settings.g_learning_rate": 0.0005}),
        ("blurs", {"model": "vae", "settings": {"beta": 3.0}}, {"settings.beta": 1.5}),
        ("blurs", {"model": "vqvae"}, {"train.minutes": 6.0}),
        ("blurs", {"model": "vae", "settings": {"importance_samples": 5}}, {"train.minutes": 6.0}),
        ("alike", {"model": "flow", "settings": {"guidance": 2.0}}, {"settings.guidance": 1.0}),
        ("alike", {"model": "flow"}, {"settings.steps": 32}),
        ("alike", {"model": "flow", "settings": {"steps": 40}}, {}),
        ("missing", {"train": {"minutes": None, "steps": 70}}, {"train.steps": 140}),
        ("implausible", {}, {}),
        ("unguided", {"model": "flow"}, {"train.minutes": 6.0}),
        ("requests", {"model": "vae"}, {"settings.conditioning": "film"}),
        ("requests", {"model": "flow"}, {"settings.guidance": 1.5}),
        ("requests", {"model": "flow", "settings": {"label_dropout": 0.0}}, {}),
        ("requests", {}, {}),
        ("blurry", {"model": "vae"}, {"settings.latent_dim": 64}),
        ("blurry", {"model": "vqvae"}, {"settings.codes": 256}),
        (
            "colours",
            {},
            {"settings.g_learning_rate": 0.0005, "settings.d_learning_rate": 0.0005},
        ),
        ("forgotten", {"model": "vae"}, {"settings.latent_dim": 64}),
        ("faded", {"model": "flow"}, {"train.minutes": 6.0}),
        ("few_images", {"evaluate": {"images": 300}}, {"evaluate.images": 640}),
        ("few_images", {"evaluate": {"images": 300}, "held_out": 400}, {"evaluate.images": 400}),
        ("few_images", {"held_out": 300}, {}),
        (
            "doctor_exploding",
            {},
            {"settings.g_learning_rate": 0.0005, "settings.d_learning_rate": 0.0005},
        ),
        (
            "doctor_saturated",
            {"settings": {"loss": "minimax"}},
            {"settings.loss": "non_saturating"},
        ),
        ("doctor_saturated", {}, {"settings.d_learning_rate": 0.0005}),
        ("doctor_dominated", {"photographs": 900}, {"settings.augment": ["translation", "cutout"]}),
        (
            "doctor_dominated",
            {"photographs": 900, "settings": {"augment": ["flip"]}},
            {"settings.augment": ["flip", "translation", "cutout"]},
        ),
        ("doctor_dominated", {"settings": {"penalty": "none"}}, {"settings.penalty": "r1"}),
        ("doctor_dominated", {"settings": {"d_normalisation": "batch"}},
         {"settings.d_learning_rate": 0.0005}),
        ("doctor_missing", {"conditional": False}, {"conditional": True}),
        ("doctor_missing", {}, {"settings.g_learning_rate": 0.0005}),
        ("doctor_unheard_of", {}, {}),
    ],
)  # fmt: skip
def test_each_weakness_has_its_remedy(name, now, expected):
    assert remedy(name, situation(**now)) == expected


def test_every_advice_and_every_finding_has_a_rule_or_a_reason_why_not():
    advised = set(text()["advice"]) - {"good", "times_the_floor", "above_the_floor"}
    found = {f"doctor_{name}" for name, words in text()["doctor"].items() if "says" in words}
    assert advised | found == set(_RULES) | {"implausible"}
    assert "implausible" in text()["adjust"]["left"]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("conditional", [True, False])
def test_whatever_is_found_the_next_settings_are_ones_that_a_run_takes(model, conditional):
    """Each remedy of the family's own advice alone, and all of them at once."""
    now = situation(model, conditional=conditional, photographs=900)
    family = MODELS[model].load()
    names = {"few_images", "undertrained", "noise", "converging", "missing", "requests", "blurry"}
    names |= {family.ADVICE.get(name, name) for name in ("blurs", "implausible")}
    if family.ADVERSARIAL:
        names |= {"repeats", "colours", *(name for name in _RULES if name.startswith("doctor_"))}
        names -= {"blurs", "blurry"}
    names |= {"forgotten"} if family.ENCODES else {"faded"}
    if not family.ENCODES:
        names -= {"blurry"}
    found = [Weakness(name, name) for name in sorted(names)]
    for weaknesses in [*([weakness] for weakness in found), found]:
        result = plan(weaknesses, now)
        for change in result.changes:
            assert change.new != change.old
            assert set(change.because) <= {weakness.says for weakness in weaknesses}
        shape = {"num_classes": 2 if result.config.conditional else 0}
        result.config.settings.shaped(size=28, channels=1, **shape)
        assert parse(RunConfig, result.config.model_dump(mode="json")) == result.config


def test_the_most_urgent_decides_and_the_longest_budget_counts():
    found = [
        Weakness("doctor_exploding", "gradients leap"),
        Weakness("repeats", "too much alike"),
        Weakness("missing", "recall is low"),
        Weakness("implausible", "precision is low"),
        Weakness("undertrained", "far from its floor"),
    ]
    result = plan(found, situation())
    changes = {change.key: change for change in result.changes}
    assert changes["train.minutes"].new == 15
    assert changes["train.minutes"].old == 3
    assert changes["train.minutes"].because == ("recall is low", "far from its floor")
    assert changes["settings.g_learning_rate"].new == 0.0005  # halved once, for two reasons
    assert changes["settings.g_learning_rate"].because == ("gradients leap", "too much alike")
    ((weakness, reason),) = result.left
    assert weakness == "precision is low"
    assert "--truncation" in reason


def test_what_shows_before_a_run_has_trained_enough_waits():
    for name in ("undertrained", "noise"):
        found = [Weakness(name, "too short"), Weakness("repeats", "too much alike")]
        result = plan(found, situation())
        assert [change.key for change in result.changes] == ["train.minutes"]
        assert result.left == [("too much alike", "look again when it has trained longer")]


def test_a_change_that_the_other_settings_forbid_is_left_out_and_the_rest_stays():
    now = situation(conditional=False, settings={"pseudo_classes": 7})
    result = plan([Weakness("doctor_missing", "classes"), Weakness("converging", "wider")], now)
    assert [change.key for change in result.changes] == ["settings.width"]
    ((_, reason),) = result.left
    assert "pseudo_classes = 7" in reason


def bad_metrics():
    return {
        "fd_product": facts(90.0, 1.0, 2.0, n=300, d=64, floor_n=300),
        "similarity": facts(0.5, 0.01, 0.3),
    }


def run_of(shop, folder, metrics, **more):
    """A run on the photographs of ``shop``."""
    data = {"source": str(shop), "size": 28, "channels": 1}
    return finished_run(folder, metrics, data=data, seed=4, step=900, **more)


def test_the_next_run_is_written_beside_the_old_one_which_stays(shop, tmp_path, monkeypatch):
    old = run_of(shop, tmp_path / "first", bad_metrics(), settings={"width": 16})
    before = {p: p.read_bytes() for p in old.rglob("*") if p.is_file()}
    result = adjust(old)
    assert result.folder == tmp_path / "first-2"
    assert {p: p.read_bytes() for p in old.rglob("*") if p.is_file()} == before
    new = read_config(result.folder)
    assert new == result.config
    values = yaml.safe_load((result.folder / "config.yaml").read_text())
    assert values["settings"] == {"width": 16}
    assert new.train.minutes == 18  # 5,000 steps where there were 900
    assert (new.seed, new.data) == (4, read_config(old).data)
    record = json.loads((result.folder / "adjust.json").read_text())
    said = {row["key"]: " ".join(row["because"]) for row in record["changes"]}
    assert "45 times the floor after 900 steps" in said["train.minutes"]
    assert set(said) == {"train.minutes"}
    few, alike = record["left"]
    assert "Only 300 images" in few[0]  # six are held out: there are no more
    assert "(0.50 against 0.30)" in alike[0]

    # `prodimg run --out` goes on with what was written.
    seen = []
    monkeypatch.setattr(run_module, "run", lambda config, *_: seen.append(config))
    with pytest.raises(SystemExit) as end:
        cli.main(["run", "--out", str(result.folder)])
    assert not end.value.code
    assert seen == [result.config]


def test_where_nothing_is_to_be_changed_nothing_is_written(shop, tmp_path, capsys):
    good = {"fd_product": facts(3.0, 0.1, 2.0, n=2000), "similarity": facts(0.3, 0.01, 0.3)}
    old = run_of(shop, tmp_path / "first", good)
    result = adjust(old)
    assert (result.changes, result.folder) == ([], None)
    assert {p.name for p in tmp_path.iterdir()} == {"first", "shop"}
    with pytest.raises(SystemExit):
        cli.main(["adjust", str(old), "--start"])
    assert "Nothing is to be changed" in capsys.readouterr().out
    assert {p.name for p in tmp_path.iterdir()} == {"first", "shop"}


def test_a_run_that_broke_is_adjusted_by_what_the_doctor_found(shop, tmp_path):
    finding = {
        "step": 7,
        "name": "not_a_number",
        "says": "A loss.",
        "advice": "Lower.",
        "stands": True,
    }
    old = run_of(shop, tmp_path / "broken", {}, findings=[finding, finding | {"stands": False}])
    (old / "metrics.json").unlink()
    result = adjust(old, tmp_path / "next")
    assert {c.key: c.because for c in result.changes} == {
        "settings.g_learning_rate": ("A loss. Lower.",),
        "settings.d_learning_rate": ("A loss. Lower.",),
    }


def test_killed_at_any_moment_it_goes_on_in_the_same_folder(shop, tmp_path):
    old = run_of(shop, tmp_path / "first", bad_metrics())
    whole = adjust(old, tmp_path / "whole")
    assert whole.folder.name == "whole"
    expected = kills.result(whole.folder)
    moments = count(lambda: adjust(old, tmp_path / "counted"), tmp_path / "counted")
    for at in range(moments):
        folder = tmp_path / "first-2"
        assert killed(lambda: adjust(old), folder, at)
        if not (folder / "config.yaml").exists():
            assert adjust(old).folder == folder
        assert kills.result(folder) == expected  # the settings come last, so these are whole
        shutil.rmtree(folder)


def test_bad_folders_are_one_line_and_nothing_is_lost(shop, tmp_path):
    old = run_of(shop, tmp_path / "first", bad_metrics())
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="mine is there already"):
        adjust(old, tmp_path / "mine")
    with pytest.raises(InputError, match="is there already"):
        adjust(old, old)
    with pytest.raises(InputError, match="no run folder"):
        adjust(tmp_path / "mine")
    (old / "metrics.json").unlink()
    with pytest.raises(InputError, match="is not finished"):
        adjust(old)
    assert {p.name for p in tmp_path.iterdir()} == {"first", "mine", "shop"}


def test_names_of_the_next_run_count_on(tmp_path):
    for name in ("a", "a-2", "a-3", "b-9"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.yaml").touch()
    (tmp_path / "a-4").mkdir()  # empty: whoever made it was stopped
    assert next_folder(tmp_path / "a").name == "a-4"
    assert next_folder(tmp_path / "a-2").name == "a-4"
    assert next_folder(tmp_path / "b-9").name == "b-10"
    assert next_folder(tmp_path / "a" / "..").name == f"{tmp_path.name}-2"


def test_the_name_of_the_next_run_is_relative_where_that_of_the_run_is(tmp_path, monkeypatch):
    (tmp_path / "runs" / "a").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert str(next_folder("runs/a")) == os.path.join("runs", "a-2")
    assert str(next_folder("runs/a/")) == os.path.join("runs", "a-2")
    monkeypatch.chdir(tmp_path / "runs" / "a")
    assert next_folder(".") == tmp_path / "runs" / "a-2"
