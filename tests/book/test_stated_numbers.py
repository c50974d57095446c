"""What README and landing page say was measured is what the stored measurements say today."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from prodimg_lib.models import pretrained

ROOT = Path(__file__).parents[2]
README, LANDING = ROOT / "README.md", ROOT / "book" / "index.md"


def said(path):
    return " ".join(path.read_text(encoding="utf-8").split())


def stored(name):
    return json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text("utf-8"))


def share(value):
    """.93, as a share is written beside a distance."""
    return f"{value:.2f}".lstrip("0")


@pytest.fixture
def race():
    return stored("gan_time_to_quality")


def test_three_minutes_are_those_of_the_race(race):
    found = [run["scores"]["180"]["fd"] for run in race["runs"]["ours"]]
    assert len(found) == 3  # "three seeds"
    distances, floor = f"{min(found):.1f} to {max(found):.1f}", f"{race['floor']['fd']:.1f}"
    images = f"{race['n']:,} images"
    assert f"{distances} ({images}, {race['d']} features; real against real {floor})" in said(
        README
    )
    assert (
        f"{distances} with {images}, where photographs against other photographs score {floor}."
    ) in said(LANDING)


def test_without_labels_as_in_the_race(race):
    means = {name: scores["180"]["fd"] for name, scores in race["mean"].items()}
    best = min(means[name] for name in race["own_epochs"] if "conditional" not in name)
    assert (
        f"ours was at {means['ours-without-labels']:.0f} and the best of those at {best:.0f}"
    ) in said(README)
    table = (ROOT / "benchmarks" / "README.md").read_text("utf-8")
    now = [float(x) for x in re.findall(r"^\| seed \d, 360 s \| [\d,]+ \| ([\d.]+)", table, re.M)]
    assert f"is at {np.mean(now):.0f} after as many steps" in said(README)


def test_shipped_models_as_on_their_cards():
    gan, vae = pretrained.card("catalogue-64"), pretrained.card("catalogue-64-vae")
    scores = gan["scores"]
    assert (
        f"{gan['steps']:,} training steps, FD-product {scores['fd_product']:.2f} for "
        f"{gan['images']:,} images where real against real is {scores['fd_product_floor']:.2f}, "
        f"recall {share(scores['recall'])})"
    ) in said(README)
    scores = vae["scores"]
    assert vae["images"] == gan["images"]
    assert (
        f"{scores['fd_product']:.2f}, recall {share(scores['recall'])}; it rebuilds held-out "
        f"images with {scores['psnr']:.1f} dB, and a code decoded as another class gives that "
        f"class in {scores['class_accuracy_swapped']:.0%} only".replace("%", " %")
    ) in said(README)


def test_service_as_it_was_loaded():
    found = stored("serve")
    service, memory = found["service"], found["service"]["memory_mb"]
    assert (found["model"], found["cores"], service["connections"]) == ("fashion-mnist", 2, 4)
    assert (
        f"answers {service['requests_per_second']:.0f} requests a second, half of them within "
        f"{service['p50_ms']:.0f} ms and 99 of 100 within {service['p99_ms']:.0f}, and its memory "
        f"stays flat ({min(memory):.1f} to {max(memory):.1f} MB) over {service['requests']:,} "
        "requests"
    ) in said(README)


def test_sizes_of_the_data_are_those_of_the_race_on_photographs():
    table = (ROOT / "benchmarks" / "README.md").read_text("utf-8")
    assert "the GAN on 896" in " ".join(table.split())
    assert "Of 896 photographs" in said(README)


def test_sixteen_bits_are_as_much_faster_as_measured():
    table = (ROOT / "benchmarks" / "README.md").read_text("utf-8")
    slow, fast = re.search(r"A step takes (\d+) ms in 32 bits and (\d+) ms in 16", table).groups()
    assert f"a GAN's step is {int(slow) / int(fast):.1f} (Zen 5)" in said(README)


def test_memory_of_preparation_as_measured():
    text = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    memory = stored("prepare_memory")["memory"]
    per_image = memory.pop("bytes_per_image")
    assert list(memory)[-1] == "1,000,000"
    for number, steps in memory.items():
        peaks = (round(steps[step]["peak_megabytes"]) for step in ("prepare", "again", "stream"))
        assert f"| {number} | " + " | ".join(map(str, peaks)) + " |\n" in text
    assert f"Preparing takes {per_image['prepare']} bytes for each further image" in text
    few, many = memory["10,000"], memory["1,000,000"]
    for step, share in (("prepare", 1 / 6), ("stream", 2 / 5)):  # "a sixth", "two fifths"
        more = many[step]["peak_megabytes"] / few[step]["peak_megabytes"] - 1
        assert abs(more - share) < 0.01
