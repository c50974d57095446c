"""The model card: everything in it is what the run measured, or says that nobody stated it."""

import dataclasses
import hashlib
import json
from types import SimpleNamespace

import pytest

from prodimg_lib import metrics
from prodimg_lib.runs.card import write_card
from prodimg_lib.runs.config import RunConfig
from prodimg_lib.runs.verdict import decide
from prodimg_lib.text import text
from tests.samples import product_images

FINDING = {
    "step": 250,
    "name": "x",
    "says": "It repeats itself.",
    "advice": "Stop.",
    "stands": True,
}


def table():
    scores = metrics.Scores(
        kernel_distance={"value": 0.031, "uncertainty": 0.002, "network": "EfficientNet-Lite0"},
        precision={"value": 1.0, "uncertainty": 0.01, "withheld": True, "network": "X"},
        duplicates={"value": 0.0, "uncertainty": None},
    )
    for name, facts in scores.items():
        facts |= {"floor": 0.001, "n": 400, "interval": metrics.interval(name, facts | {"n": 400})}
    scores.notes.append("A note.")
    return scores


def card(out, config=None, data=None, gates=("kernel_distance <= 0.05",), findings=(FINDING,)):
    """The card of a run that measured ``table``, as str."""
    (out / "environment.json").write_text(
        '{"date": "2026-01-02T03:04", "keras": "3.15", "x": null}'
    )
    (out / "step-00000300.keras").write_bytes(b"weights")
    scores = table()
    write_card(
        out,
        {
            "metrics": scores,
            "verdict": decide(gates, scores),
            "notes": scores.notes,
            "advice": ["It repeats itself. Stop.", "Train longer first."],
            "training": {"step": 300, "seconds": 61.0},
            "seed": 7,
        },
        checkpoint=out / "step-00000300.keras",
        config=config or RunConfig(data={"source": "/home/me/secret"}),
        model=SimpleNamespace(
            conditional=True, config=SimpleNamespace(size=28, channels=1, latent_dim=5)
        ),
        data=data or product_images(),
        findings=None if findings is None else list(findings),
    )
    return (out / "card.md").read_text(encoding="utf-8")


def rows(content, heading):
    """Cells of the tables of a section."""
    section = content.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_section_of_a_model_card_is_there_and_measured(tmp_path):
    content = card(tmp_path)
    words = text()["card"]
    for heading in ("model", "use", "licence", "data", "metrics", "gates", "failures"):
        assert f"\n## {words[heading]}\n" in content
    facts = dict(row[:2] for row in rows(content, words["model"]))
    assert facts["Training steps"] == "300"
    assert facts["Seed"] == "7"
    assert facts["keras"] == "3.15"
    assert facts["x"] == "–"
    assert hashlib.sha256(b"weights").hexdigest() in facts["SHA-256 of the checkpoint"]
    assert "on 2026-01-02 from" in content
    assert product_images().digest in content
    assert "/home/me" not in content  # where somebody's photographs lie is nobody's business


def test_counts_are_those_of_the_data(tmp_path):
    found = rows(card(tmp_path), "Data")
    counts = found[found.index(["class", "training", "held out"]) + 2 :]
    assert counts == [["left", "20", "10"], ["right", "20", "10"], ["all", "40", "20"]]
    data = product_images()
    data = dataclasses.replace(data, val_images=data.images[:4], val_labels=data.labels[:4])
    assert ["all", "40", "4", "20"] in rows(card(tmp_path, data=data), "Data")
    data = dataclasses.replace(data, val_images=data.images[:0], val_labels=data.labels[:0])
    assert ["all", "40", "20"] in rows(card(tmp_path, data=data), "Data")


def test_metrics_stand_with_interval_floor_and_judge_and_withheld_ones_without(tmp_path):
    content = card(tmp_path)
    distance, precision, duplicates = rows(content, "Measured")[2:]
    assert distance[1:] == [
        "0.0310 ± 0.0020", "0.0265 to 0.0355", "0.001", "400", "EfficientNet-Lite0"
    ]  # fmt: skip
    assert precision[1:3] == ["withheld", ""]
    assert duplicates[1:3] == ["0", ""]
    assert duplicates[5] == "pixels"
    assert "\nA note.\n" in content


def test_verdict_and_failures(tmp_path):
    content = card(tmp_path)
    assert content.index("**Ship: every gate passes.**") < content.index("## Model")
    assert "- `kernel_distance <= 0.05`: passes. 0.0310, all of its 95 %" in content
    assert "- Step 250, still so at the end: It repeats itself.\n- Train longer first.\n" in content
    assert "No gate was set" in card(tmp_path, gates=())
    assert "doctor found nothing" in card(tmp_path, findings=())
    assert "watches GANs only" in card(tmp_path, findings=None)


def test_what_nobody_stated_is_said_to_be_so(tmp_path):
    content = card(tmp_path)
    assert "- Photographs: not stated\n- Model and generated images: not stated\n" in content
    assert "## Intended use\n\nnot stated\n" in content
    stated = {"data_licence": "CC BY 4.0", "intended_use": "Drafts of a shop's\npages"}
    content = card(tmp_path, RunConfig(card=stated))
    assert "- Photographs: CC BY 4.0\n- Model and generated images: not stated\n" in content
    assert "## Intended use\n\nDrafts of a shop's pages\n" in content


def test_the_drawn_catalogue_is_nowhere_called_photographs(tmp_path):
    assert "hotograph" in card(tmp_path)
    data = product_images(source="catalogue")
    assert "hotograph" not in card(tmp_path, data=data)
    assert text()["card"]["data_licence"] == "Photographs"  # the words themselves are as they were


def test_names_of_classes_break_no_table(tmp_path):
    data = dataclasses.replace(product_images(), class_names=("a|b *c*\n## Data", "<img>"))
    content = card(tmp_path, data=data)
    assert "| a\\|b \\*c\\* ## Data | 20 | 10 |" in content
    assert "| \\<img> | 20 | 10 |" in content


@pytest.mark.parametrize("source", ["folder", "catalogue"])
def test_prepared_photographs_are_named_by_their_manifest(tmp_path, source):
    manifest = {"source": "shop", "digest": "0123", "config": {"size": 28}, "counts": {}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    config = RunConfig(data={"source": str(tmp_path)})
    content = card(tmp_path, config, product_images(source=source))
    digest = hashlib.sha256((tmp_path / "manifest.json").read_bytes()).hexdigest()
    for line in (f"`{digest}`", "| Digest of the prepared files | `0123` |", "Prepared from"):
        assert (line in content) == (source == "folder")


def test_sections_in_which_nothing_was_chosen_are_no_settings(tmp_path):
    config = RunConfig(data={"source": "/home/me/secret"}, train={"steps": 20, "minutes": None})
    content = card(tmp_path, config)
    assert "{}" not in content
    assert "steps: 20" in content
