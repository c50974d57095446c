"""Two processes train what one trains; one that dies is missed, said and replaced."""

import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from prodimg_lib.errors import InputError, Interrupted
from prodimg_lib.runs import members
from prodimg_lib.runs.config import RunConfig
from prodimg_lib.runs.members import check_members, train_together
from prodimg_lib.runs.records import Checkpoints
from prodimg_lib.runs.show import Show
from tests.samples import GUARD, TINY


def config(steps=6, **train):
    budget = {"minutes": None, "steps": steps, "batch_size": 8, "log_every": 2, **train}
    data = {"source": "catalogue", "limit": 60}
    return RunConfig(model="vae", data=data, settings=TINY, train=budget)


class Heard(Show):
    """Keeps what was said."""

    def __init__(self):
        self.lines = []

    def message(self, line):
        self.lines.append(line)


def saved(folder, step):
    """What a checkpoint of a step looks like to those who only ask for the step."""
    place = Path(folder) / "checkpoints"
    place.mkdir(exist_ok=True)
    (place / f"step-{step}.keras").touch()
    state = {"file": f"step-{step}.keras", "step": step, "seconds": 1.0}
    (place / "state.json").write_text(json.dumps(state))


def counts(config, folder, rank, addresses):
    """A member without TensorFlow: two steps from where it stands, and member 1 dies once."""
    step = Checkpoints(Path(folder) / "checkpoints").state()
    step = step["step"] if step else 0
    with (Path(os.environ["MEMBERS"]) / f"{rank}.txt").open("a") as file:
        file.write(f"{step} {len(addresses)}\n")
    saved(folder, step + 2)
    died = Path(os.environ["MEMBERS"]) / "died"
    if rank == 1 and not died.exists():
        died.touch()
        first = Path(os.environ["MEMBERS"]) / "run" / "checkpoints" / "state.json"
        while not (first.is_file() and json.loads(first.read_text() or "{}").get("step") == 2):
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGKILL)
    if not step:
        time.sleep(GUARD)  # a member waits for one that is gone
    saved(folder, config.train.steps)


def always_dies(config, folder, rank, addresses):
    os.kill(os.getpid(), signal.SIGKILL)


def refuses(config, folder, rank, addresses):
    raise InputError("no photographs")


def waits(config, folder, rank, addresses):
    """Until a signal; the first then saves."""
    if rank:
        time.sleep(GUARD)

    def ends(number, frame):
        saved(folder, 3)
        raise Interrupted("saved")

    signal.signal(signal.SIGTERM, ends)
    os.kill(os.getppid(), signal.SIGTERM)  # as one who stops `prodimg run`
    time.sleep(GUARD)


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("MEMBERS", str(tmp_path))
    (tmp_path / "run").mkdir()
    return tmp_path


def test_who_dies_is_named_and_all_go_on_from_what_was_saved(place):
    show = Heard()
    train_together(config(), place / "run", 2, show, counts)
    assert show.lines == [
        "2 processes train together, from step 0 on",
        "Process 1 ended before its time (exit code -9); all go on together from step 2, the last "
        "that was saved.",
        "2 processes train together, from step 2 on",
    ]
    for rank in range(2):  # both began, and began again from the same checkpoint
        assert (place / f"{rank}.txt").read_text() == "0 2\n2 2\n"
    assert Checkpoints(place / "run" / "checkpoints").state()["step"] == 6


def test_without_progress_it_gives_up_and_says_where_everything_is(place):
    saved(place / "run", 4)
    with pytest.raises(InputError, match="everything up to step 4 is saved in"):
        train_together(config(), place / "run", 2, Heard(), always_dies)
    show = Heard()
    with pytest.raises(InputError, match="ends again and again"):
        train_together(config(), place / "run", 2, show, refuses)
    assert len(show.lines) == 1  # what a person has to mend is not tried again


def test_a_signal_ends_the_first_which_saves(place):
    with pytest.raises(Interrupted, match="saved at step 3"):
        train_together(config(), place / "run", 2, Heard(), waits)


def test_nothing_is_done_where_all_is_done(place):
    saved(place / "run", 6)
    show = Heard()
    train_together(config(), place / "run", 2, show, always_dies)
    assert show.lines == []


def test_two_members_train_what_one_process_trains(tmp_path):
    import keras

    from prodimg_lib.runs.run import run

    chosen = config(steps=4)
    chosen = chosen.model_copy(
        update={"evaluate": chosen.evaluate.model_copy(update={"images": 8, "second": False})}
    )
    weights = []
    for workers in (1, 2):
        out = tmp_path / str(workers)
        run(chosen, out, workers=workers)
        place = Checkpoints(out / "checkpoints")
        assert place.state()["step"] == 4
        weights.append([np.asarray(v) for v in place.load().trainable_variables])
        assert (out / "report.html").is_file()
    assert not list(tmp_path.rglob("prodimg-members-*"))
    # Rounding alone: a gradient summed in two parts is off by some 1e-6 of its size, and Adam's
    # step is at most the rate, whatever the gradient: where one is so near to 0 that rounding
    # decides its sign, a weight is off by up to twice the rate for each step.
    rate = keras.optimizers.Adam(chosen.settings.learning_rate).learning_rate
    off = np.concatenate([np.abs(a - b).ravel() for a, b in zip(*weights, strict=True)])
    assert off.max() <= 2 * 4 * float(rate)
    assert np.quantile(off, 0.99) < 1e-4 * max(np.abs(w).max() for w in weights[0])


@pytest.mark.parametrize(
    ("workers", "train", "says"),
    [
        (0, {}, "--workers 0: expected a number of processes"),
        (2, {"minutes": 3.0, "steps": None}, "so say --steps"),
        (3, {}, "batch_size = 8 cannot be shared equally; choose a multiple of 3"),
    ],
)
def test_what_cannot_be_shared_is_refused(workers, train, says):
    with pytest.raises(InputError, match=says):
        check_members(config(**train), workers)
    assert members.check_members(config(), 1) is None
