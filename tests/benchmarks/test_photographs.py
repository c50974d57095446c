"""The race on photographs: equal n, processor time, nothing made twice."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import families, photo_scores, photographs, tables
from benchmarks.photo_entrants import entrants
from prodimg_lib.data.images import ProductImages
from prodimg_lib.errors import InputError

RNG = np.random.default_rng(0)


class Means:
    """An extractor: the mean of each colour in each quarter of an image, 12 features."""

    name, sha256, dim = "means", "0" * 64, 12
    class_names = ("dark", "light")

    def __call__(self, images, cache=False):
        n, side = len(images), images.shape[1] // 2
        features = images.reshape(n, 2, side, 2, side, 3).mean((2, 4)).reshape(n, -1) / 255
        light = features.mean(1)
        return features, np.stack([1 - light, light], 1)

    def features(self, images, cache=False):
        return self(images)[0]


def pictures(n, size=8):
    """Dark and light images in turn, and their labels."""
    labels = np.arange(n) % 2
    noise = RNG.integers(0, 100, (n, size, size, 3))
    return (noise + 100 * labels[:, None, None, None]).astype(np.uint8), labels


@pytest.fixture(scope="module")
def data():
    return ProductImages(*pictures(80), ("dark", "light"), *pictures(40), "folder", "drawn")


@pytest.fixture(scope="module")
def large():
    """As ``data``, large enough for every family."""
    parts = *pictures(128, 32), ("dark", "light"), *pictures(4, 32)
    return ProductImages(*parts, "folder", "drawn")


@pytest.mark.parametrize("in_domain", [True, False])
def test_judge(data, in_domain):
    judge = photo_scores.Judge(Means(), data, in_domain, limit=30)
    assert judge.n == 30
    fresh, labels = pictures(30)
    scores, floor = judge.scores(fresh, labels), judge.floor()
    assert set(scores) == set(floor)
    assert floor["class_agreement"] == 1
    assert scores["class_agreement"][0] == 1
    assert judge.scores(fresh, 1 - labels)["class_agreement"][0] == 0
    assert "class_agreement" not in judge.scores(fresh)
    assert "fd_product" in scores  # 12 features, 30 images
    value, error = scores["kernel_distance"]
    assert abs(value) < 4 * error
    far = judge.scores(255 - np.zeros_like(fresh))
    assert far["kernel_distance"][0] > 100 * abs(value)
    assert far["recall"][0] == 0
    copies = judge.scores(data.images[:30])
    assert copies["memorisation"][0] == 1
    with pytest.raises(InputError, match="expected 30, as many as are held out"):
        judge.scores(fresh[:29])


def test_distances_need_more_images_than_features(data):
    judge = photo_scores.Judge(Means(), data, True, limit=12)
    assert "fd_product" not in judge.scores(pictures(12)[0])


def test_ridge_classifier_is_the_least_squares_solution():
    x, labels = RNG.normal(size=(50, 3)), RNG.integers(0, 3, 50)
    targets = np.eye(3)[labels]
    design = np.column_stack([x, np.ones(50)])
    expected = design @ np.linalg.lstsq(design, targets, rcond=None)[0]
    classify = photo_scores.ridge_classifier(x, labels, strength=1e-9)
    assert np.array_equal(classify(x), expected.argmax(1))


@pytest.fixture
def clock(monkeypatch):
    """Processor time that only a training step spends: a minute each."""
    now = [0.0]
    monkeypatch.setattr(photographs.time, "process_time", lambda: now[0])
    monkeypatch.setattr(photographs, "note", lambda line: None)

    def make(seed):
        def step(images, labels):
            now[0] += 60

        def sample(n, seed):
            return np.full((n, 8, 8, 3), now[0] / 60, np.uint8)

        network = SimpleNamespace(
            samplers={"a": sample, "b": sample},
            requests=lambda n: np.zeros(n, int),
            own_epochs=10,
            parameters=5,
        )
        return step, 40, network

    return make


def test_budgets_are_minutes_of_two_cores_and_made_once(data, clock, tmp_path):
    photographs.train("toy", clock, "v", data, 0, [1, 2.5], 3, tmp_path, {"processor": "some"})
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["toy-seed-0-minutes-1.npz", "toy-seed-0-minutes-2.5.npz"]
    with np.load(tmp_path / names[1]) as stored:
        facts = json.loads(str(stored["facts"]))
        # Five processor minutes, after the step that builds the graph.
        assert np.array_equal(stored["a"], np.full((3, 8, 8, 3), 6))
    assert facts["minutes"] == 2.5
    assert facts["steps"] == 5
    assert facts["epochs"] == 5 * 40 / 80
    assert facts["processor"] == "some"
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    photographs.train("toy", clock, "v", data, 0, [1, 2.5], 3, tmp_path, {})
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    photographs.train("toy", clock, "another", data, 0, [1, 2.5], 3, tmp_path, {})
    assert all(path.read_bytes() != old for path, old in before.items())


def test_scores_by_row_and_budget(data, clock, tmp_path):
    for seed in (1, 0):
        photographs.train("toy", clock, "v", data, seed, [1], 40, tmp_path, {})
    judge = photo_scores.Judge(Means(), data, True)
    rows = photographs.score(tmp_path, {"means": judge})
    assert set(rows) == {"a", "b"}
    assert [run["seed"] for run in rows["a"]["1"]] == [0, 1]
    assert "class_agreement" in rows["b"]["1"][0]["means"]


def test_every_design_has_a_name_in_the_table(large):
    assert set(entrants(large)) <= set(tables.NAMES)
    makes = entrants(large, rivals=families.RIVALS, ours=families.OURS)
    assert list(makes) == ["keras-ddim", "ours-gan", "ours-vae", "ours-flow", "ours-latent-flow"]
    assert set(makes) <= set(tables.NAMES)


def test_designs_by_name_or_settings(large, tmp_path):
    place = tmp_path / "wide.yaml"
    place.write_text("model: gan\nsettings: {width: 48}\n")
    makes = entrants(large, ["keras-ddim", str(place)])
    assert list(makes) == ["keras-ddim", "wide"]
    version = makes["wide"][1]
    assert entrants(large, [str(place)])["wide"][1] == version
    place.write_text("model: gan\nsettings: {width: 24}\n")
    assert entrants(large, [str(place)])["wide"][1] != version
    with pytest.raises(InputError, match=r"no design 'gna': choose from keras-small-data-gan"):
        entrants(large, ["gna"])


def test_table_has_ranges_over_seeds_errors_and_the_floor():
    def run(distance, error):
        shares = {key: [0.5, 0.1] for key in ("precision", "recall", "coverage")}
        scores = {"kernel_distance": [distance, error], "memorisation": [0.4, 0.1], **shares}
        return {"epochs": 3.0, "efficientnet-lite0": scores}

    floor = {"kernel_distance": 0.001, "memorisation": 0.5, "class_agreement": 0.8}
    floor |= dict.fromkeys(("precision", "recall", "coverage"), 0.9)
    runs = {"keras-ddim": {"4": [run(0.1, 0.002), run(0.3, 0.004)]}, "new": {"15": [run(0.2, 0)]}}
    first, second = tables.photographs({"floor": {"efficientnet-lite0": floor}, "runs": runs})
    assert first[0].startswith("| 4 minutes | epochs |")
    assert first[2].startswith("| Keras DDIM | 3.0 | 200 (100 to 300) ± 6 | 0.50 (0.50 to 0.50) |")
    assert first[3] == "| real photographs |  | 1.0 | 0.90 | 0.90 | 0.90 | 0.50 | 0.80 |"
    assert second[2] == "| new | 3.0 | 200 ± 0 | 0.50 | 0.50 | 0.50 | 0.40 | – |"


def test_families_are_shown_by_both_judges_with_the_time_of_an_image():
    shares = {key: [0.5, 0.1] for key in ("precision", "recall")}
    scores = {"fd_product": [7.0, 1], "kernel_distance": [0.01, 0.001], **shares}
    run = {"epochs": 2.0, "sampling_seconds": 3.0, "classifier": scores, "general": scores}
    asked = run | {"classifier": scores | {"class_agreement": [0.9, 0.1]}}
    floor = {"fd_product": 1.5, "kernel_distance": 0, "class_agreement": 0.8}
    floor = {"classifier": floor | dict.fromkeys(("precision", "recall"), 0.9)}
    runs = {"keras-ddim": {"1": [run]}, "ours-flow": {"1": [asked], "10": [asked, asked]}}
    figures = {"n": 100, "floor": floor | {"general": {"kernel_distance": 0.002}}, "runs": runs}
    first, second = tables.families(figures)
    assert first[2] == "| Keras DDIM | 2.0 | 7.0 | 10.0 | 0.50 | 0.50 | – | 30.0 |"
    assert first[3].startswith("| **ours, flow** | 2.0 | 7.0 |")
    assert first[4] == "| real photographs |  | 1.5 | 2.0 | 0.90 | 0.90 | 0.80 |  |"
    assert second[2].endswith("| 0.90 (0.90 to 0.90) | 30.0 |")


def test_further_seeds_get_the_steps_of_the_first(data, clock, tmp_path):
    def at(minutes, steps, **more):
        return {"seed": 0, "version": "v", "minutes": minutes, "steps": steps} | more

    other = at(1, 9) | {"version": "other"}
    earlier = {"runs": {"toy": {"1": [other, at(1, 4), at(1, 5)], "3": [at(3, 14)]}}}
    assert photographs.paces(earlier, "toy", "v", [1, 3, 10]) == {1: 4, 3: 14, 10: 49}
    earlier["runs"]["toy"]["10"] = [at(10, 49, counted_in="steps")]
    assert photographs.paces(earlier, "toy", "v", [10]) == {10: 49}
    with pytest.raises(
        InputError, match=r"toy: the stored table has \[1, 3\] minutes .* by the cl"
    ):
        photographs.paces(earlier, "toy", "v", [0.5])
    with pytest.raises(InputError, match=r"has \[\] minutes"):
        photographs.paces(None, "toy", "v", [1])

    # The clock would end after two steps: a minute of two cores.
    photographs.train("toy", clock, "v", data, 1, [1], 3, tmp_path, {}, pace={1: 5})
    with np.load(tmp_path / "toy-seed-1-minutes-1.npz") as stored:
        facts = json.loads(str(stored["facts"]))
    assert (facts["minutes"], facts["steps"], facts["counted_in"]) == (1.0, 5, "steps")


def test_samples_of_other_code_are_made_again(data, clock, tmp_path, monkeypatch):
    photographs.train("toy", clock, "v", data, 0, [1], 3, tmp_path, {})
    (place,) = tmp_path.iterdir()
    before = place.read_bytes()
    monkeypatch.setattr(photographs, "code", lambda: "changed")
    photographs.train("toy", clock, "v", data, 0, [1], 3, tmp_path, {})
    assert place.read_bytes() != before


def test_a_table_grows_over_sittings():
    def figures(n, **rows):
        return {"n": n, "cores": 2, "judges": {}, "runs": rows}

    def at(seed, version="v"):
        return {"seed": seed, "version": version}

    stored = figures(5, a={"1": [at(0), at(1)]}, b={"3": [at(0)]})
    grown = photographs.with_stored(figures(5, a={"1": [at(1) | {"new": 1}, at(2)]}), stored)
    seeds = [at(0), at(1) | {"new": 1}, at(2)]
    assert grown["runs"] == {"a": {"1": seeds}, "b": {"3": [at(0)]}}
    assert photographs.with_stored(figures(6, a={}), stored)["runs"] == {"a": {}}
    assert photographs.with_stored(figures(5, a={}), None)["runs"] == {"a": {}}
    with pytest.raises(InputError, match="a: the stored table has runs of version v, w"):
        photographs.with_stored(figures(5, a={"1": [at(0, "w")], "4": [at(0)]}), stored)
