"""A search: the default first, the same search through a kill or beside another process."""

import contextlib
import json
import shlex
import sys

import pytest

from prodimg_lib import InputError
from prodimg_lib.cli.options import assign
from prodimg_lib.models.families import MODELS
from prodimg_lib.runs import tune as module
from prodimg_lib.runs.config import RunConfig
from prodimg_lib.runs.lock import locked
from prodimg_lib.runs.search import SPACES, OneOf, space_of
from prodimg_lib.runs.selection import Selection, in_use
from prodimg_lib.runs.trials import NAME, command, outcome
from prodimg_lib.runs.tune import folder_of, numbers, open_study, settings_of, tune
from prodimg_lib.settings import parse
from tests.samples import register_toy

optuna = pytest.importorskip("optuna")


@pytest.fixture
def toy(monkeypatch):
    """A family that trains at once, with one setting to search."""
    monkeypatch.setitem(MODELS, "toy", None)  # so that what ``register_toy`` puts there goes again
    monkeypatch.setitem(SPACES, "toy", None)
    register_toy()
    return config()


def config(**train):
    budget = {"minutes": None, "steps": 4, "batch_size": 8, "validate_every": 2, **train}
    data = {"source": "catalogue", "limit": 60}
    return RunConfig(model="toy", data=data, train=budget)


def found(study):
    """Parameters and value of every trial."""
    return {n: (t.params, t.value) for n, t in sorted(numbers(study).items())}


@pytest.mark.parametrize("family", list(SPACES))
def test_a_space_names_settings_that_exist_and_holds_the_default(family):
    kind = MODELS[family].load_config()
    usual = kind(num_classes=1).model_dump()
    assert set(SPACES[family]) <= set(usual) - set(kind.SHAPE)
    for name, choice in SPACES[family].items():
        if isinstance(choice, OneOf):
            assert usual[name] in choice.values
            tried = choice.values
        else:
            assert choice.low < usual[name] < choice.high
            tried = (choice.low, choice.high)
        for value in tried:
            for classes in (0, 3):
                parse(kind, {name: value, "num_classes": classes})


def test_what_is_set_is_not_searched():
    chosen = RunConfig(model="vae", settings={"width": 20})
    assert set(space_of(RunConfig(model="vae"))) - set(space_of(chosen)) == {"width"}


def test_a_search_goes_on_as_if_never_stopped_and_says_what_it_found(toy, tmp_path, monkeypatch):
    straight = tune(toy, tmp_path / "straight", 4)
    assert found(straight)[0][0] == {"spread": 0.1}
    assert list(found(straight)) == [0, 1, 2, 3]
    for number, (_, value) in found(straight).items():
        state = in_use(folder_of(tmp_path / "straight", number)).state()
        assert value == state["validation"]["value"]

    broken, measure = tmp_path / "broken", Selection.judge

    def killed(self, model, **facts):
        if "trial-002" in str(self.record.path) and int(model.step.value) == 4:
            raise KeyboardInterrupt
        return measure(self, model, **facts)

    tune(toy, broken, 1)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):  # noqa: PT012
        patch.setattr(Selection, "judge", killed)
        tune(toy, broken, 4)
    study = tune(toy, broken, 4)
    assert found(study) == found(straight)
    assert all(t.state.name in ("COMPLETE", "PRUNED") for t in numbers(study).values())

    result = outcome(straight, toy, tmp_path / "straight")
    assert result == json.loads((tmp_path / "straight" / NAME).read_text())
    values = [row["value"] for row in result["trials"]]
    best = result["best"]
    assert values[best] == min(values)
    assert result["trials"][1]["gain"] == values[0] - values[1]
    assert result["trials"][0]["changed"] == {}
    assert result["importance"] is None  # of four trials
    with pytest.raises(InputError, match=r"holds a search with seed = 0, now 1"):
        tune(toy.model_copy(update={"seed": 1}), broken, 4)
    train = toy.train.model_copy(update={"batch_size": None})
    message = r"holds a search with train\.batch_size = 8, now None is asked for: choose another"
    with pytest.raises(InputError, match=message):
        tune(toy.model_copy(update={"train": train}), broken, 4)


def test_the_command_trains_what_was_tried(toy):
    tried = settings_of(toy, {"spread": 0.123456789012345})
    words = shlex.split(command(tried, "found it"))
    assert words[:4] == ["prodimg", "run", "--out", "found it-best"]
    values = RunConfig().model_dump()
    assign(values, {}, words[5::2])
    assert parse(RunConfig, values) == tried


def test_two_processes_share_the_trials_and_one_that_died_is_taken_up(toy, tmp_path):
    study, space = open_study(tmp_path), space_of(toy)

    def following(held):
        return module._next(study, toy, space, tmp_path, 3, held)

    with contextlib.ExitStack() as one:
        with contextlib.ExitStack() as other:
            first, number = following(one)
            assert number == 0
            second, number = following(other)
            assert number == 1
            with pytest.raises(InputError), locked(folder_of(tmp_path, 1)):
                pass
        again, number = following(one)  # the other has ended, without a word
        assert (again.params, number) == (second.params, 1)
        assert following(one)[1] == 2
        assert following(one) == (None, None)
        study.tell(first, 1.0)
    assert len(numbers(study)) == 3


def test_a_trial_that_ends_while_another_looks_at_it_is_not_tried_again(toy, tmp_path, monkeypatch):
    """Its end comes after the states were read, and before its folder is found to be free."""
    study, space, is_left = open_study(tmp_path), space_of(toy), module._is_left
    with contextlib.ExitStack() as held:
        first, _ = module._next(study, toy, space, tmp_path, 3, held)

    def ends(folder):
        study.tell(first, 1.0)
        return is_left(folder)

    monkeypatch.setattr(module, "_is_left", ends)
    with contextlib.ExitStack() as held:
        assert module._next(study, toy, space, tmp_path, 3, held)[1] == 1
    assert [t.state.name for t in numbers(study).values()] == ["COMPLETE", "RUNNING"]


def test_whoever_is_worse_is_pruned_but_never_the_default(toy, tmp_path, monkeypatch):
    class Always(optuna.pruners.BasePruner):
        def __init__(self, **options):
            pass

        def prune(self, study, trial):
            return True

    monkeypatch.setattr(optuna.pruners, "MedianPruner", Always)
    study = tune(toy, tmp_path / "a", 2)
    assert [t.state.name for t in numbers(study).values()] == ["COMPLETE", "PRUNED"]
    result = outcome(study, toy, tmp_path / "a")
    assert (result["best"], result["trials"][1]["step"]) == (0, 2)
    assert result["says"][0].startswith("No trial of 2 was better")


def test_a_trial_that_fails_is_noted_and_the_default_ends_the_search(toy, tmp_path, monkeypatch):
    from prodimg_lib.runs import training

    def fails(at):
        def train(config, data, out, *more, **options):
            if out.name == f"trial-00{at}":
                raise InputError("the loss is no longer a number")
            return right(config, data, out, *more, **options)

        return train

    right = training.train
    monkeypatch.setattr(training, "train", fails(1))
    result = outcome(tune(toy, tmp_path / "a", 2), toy, tmp_path / "a")
    assert result["trials"][1]["state"] == "FAIL"
    assert result["trials"][1]["reason"] == "the loss is no longer a number"
    monkeypatch.setattr(training, "train", fails(0))
    with pytest.raises(InputError, match="no longer a number"):
        tune(toy, tmp_path / "b", 2)


def test_what_cannot_be_searched_is_refused(toy, tmp_path, monkeypatch):
    (tmp_path / "mine.txt").touch()
    with pytest.raises(InputError, match="not empty and holds no search"):
        tune(toy, tmp_path, 2)
    with pytest.raises(InputError, match=r"train\.validate_every is not set"):
        tune(config(validate_every=None), tmp_path / "x", 2)
    with pytest.raises(InputError, match="nothing to search for model 'toy'"):
        tune(settings_of(toy, {"spread": 1.0}), tmp_path / "x", 2)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "study.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(InputError, match=r"study\.db cannot be used"):
        open_study(tmp_path / "bad")
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(InputError, match="needs Optuna"):
        tune(toy, tmp_path / "x", 2)


def test_a_search_does_not_go_on_with_other_photographs(toy, shop, tmp_path):
    data = {"source": str(shop), "size": 28, "channels": 1}
    config = toy.model_copy(update={"data": toy.data.model_copy(update=data | {"limit": None})})
    tune(config, tmp_path / "search", 1)
    next((shop / "left").iterdir()).unlink()
    with pytest.raises(InputError, match=r"not those that the search in .* was begun with"):
        tune(config, tmp_path / "search", 2)
    assert list(numbers(open_study(tmp_path / "search"))) == [0]
