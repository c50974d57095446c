"""Search for settings with Optuna: trials on a validation part, shared, pruned, resumable."""

import contextlib
import fcntl
from pathlib import Path

from prodimg_lib import quiet
from prodimg_lib.errors import CannotWriteError, InputError
from prodimg_lib.files import PARTIAL, writable_folder, writing
from prodimg_lib.runs.config import RunConfig, with_batch_size
from prodimg_lib.runs.folder import load_data
from prodimg_lib.runs.lock import locked
from prodimg_lib.runs.search import space_of, suggest
from prodimg_lib.runs.show import Show
from prodimg_lib.settings import flat, parse, read_settings, write_settings
from prodimg_lib.text import text

SETTINGS, STUDY = "tune.yaml", "study.db"


def tune(config, out, trials, show=None):
    """Try settings until there were so many trials; returns the ``optuna.Study``.

    Each trial trains the model from the start to the budget of ``config``, in a folder of its own,
    and is judged by its best value of the validation metric (``runs.selection``). The test
    photographs are not looked at. The first trial is ``config`` itself; it is never pruned. Later
    ones are drawn by Optuna's TPE, keyed by the run's seed and the number of the trial, and pruned
    where they are worse than the median of the others at the same step.

    Several processes may work in one ``out``. A trial whose process has ended, by a kill, say, is
    taken up by the next process from its newest checkpoint. (On a file system without locks a
    process cannot see the others: start one at a time there.)

    Args:
        config: ``RunConfig`` with ``train.validate_every``; settings that it names stay.
        out: folder; made if missing. What was begun in it goes on.
        trials: how many in all, those that are there counted, the default among them.
        show: a ``Show``.

    Raises:
        InputError: Optuna is not installed, nothing to search, ``out`` holds something else, bad
            data; or what stops the first trial.
        Interrupted: Ctrl-C or SIGTERM; what was trained is saved.
    """
    optuna, show = _optuna(), show or Show()
    out = Path(out)
    space, data = prepare(config, out, show)
    quiet.load_tensorflow()
    study = open_study(out)
    with _storing(out / STUDY, optuna):
        _check_data(study, data, out)
    while True:
        with contextlib.ExitStack() as held, _storing(out / STUDY, optuna):
            trial, number = _next(study, config, space, out, trials, held)
            if trial is None:
                return study
            show.message(text()["tune"]["trial"].format(number=number, last=trials - 1))
            _carry_out(study, trial, number, config, data, out, show, optuna)


def prepare(config, out, show=None):
    """Make sure that ``out`` can hold this search, and keep its settings there.

    Returns:
        What there is to search (``search.space_of``), and the data.

    Raises:
        InputError: as ``tune``; a folder made for nothing is gone again.
    """
    _optuna()
    space = space_of(config)
    if not config.train.validate_every:
        raise InputError("train.validate_every is not set: trials are judged by what it measures")
    if not space:
        raise InputError(
            f"nothing to search for model {config.model!r}: leave out some of --set settings.*"
        )
    show = show or Show()
    out = writable_folder(out)
    try:
        _check_begun(config, out)
        show.stage("prepare")
        data = load_data(config, show)
        write_settings(config, out / SETTINGS)
    except InputError:
        with contextlib.suppress(OSError):
            out.rmdir()
        raise
    return space, data


def open_study(out):
    """The ``optuna.Study`` in a folder; made if missing.

    Raises:
        InputError: Optuna is not installed, or the file is no study.
    """
    optuna, path = _optuna(), Path(out) / STUDY
    try:
        with _turn(out):  # two that make the same tables at once would get in each other's way
            storage = optuna.storages.RDBStorage(
                f"sqlite:///{path}", engine_kwargs={"connect_args": {"timeout": 60}}
            )
            return optuna.create_study(
                study_name="prodimg",
                storage=storage,
                load_if_exists=True,
                pruner=optuna.pruners.MedianPruner(n_startup_trials=4),
            )
    except Exception as error:  # of SQLAlchemy, of its driver or of Optuna
        reason = str(error).splitlines()[0]
        raise InputError(
            f"{path} cannot be used ({reason}): restore it from a copy, or choose another --out"
        ) from None


@contextlib.contextmanager
def _storing(path, optuna):
    """What cannot be written to the study is one line; the next call goes on."""
    try:
        yield
    except optuna.exceptions.StorageInternalError as error:
        reason = str(error.__cause__ or error).splitlines()[0]
        raise CannotWriteError(
            f"cannot write {path} ({reason}): make room there and repeat the command, which goes on"
        ) from None


def settings_of(config, values):
    """The ``RunConfig`` of a trial: ``config`` with these settings of the model."""
    content = config.model_dump()
    content["settings"] |= values
    return parse(RunConfig, content)


def folder_of(out, number):
    """Where a trial trains."""
    return Path(out) / f"trial-{number:03d}"


def numbers(study):
    """Number -> its latest ``FrozenTrial``: one that was taken up again has its old number.

    One that a kill kept from getting a number was never begun.
    """
    trials = study.get_trials(deepcopy=False)
    return {t.user_attrs["number"]: t for t in trials if "number" in t.user_attrs}


def _optuna():
    try:
        import optuna
    except ModuleNotFoundError:
        raise InputError(
            "prodimg tune needs Optuna: pip install optuna (or `make environment`)"
        ) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _check_begun(config, out):
    """Make sure that a search that was begun in ``out``, if one was, has these settings."""
    path = out / SETTINGS
    if path.is_file():
        both = (read_settings(RunConfig, path), config)
        old, new = (flat(c.model_dump(mode="json")) for c in both)
        for key in old | new:
            before, now = (values.get(key) for values in (old, new))
            if before != now:
                raise InputError(
                    f"{out} holds a search with {key} = {before}, now {now} is asked for: "
                    "choose another --out, or repeat the old settings to go on with it"
                )
    elif any(not entry.name.startswith(PARTIAL) for entry in out.iterdir()):
        raise InputError(f"{out} is not empty and holds no search: choose another --out")


def _check_data(study, data, out):
    """Make sure that all trials of a search are trained on, and judged by, the same photographs."""
    with _turn(out):
        before = study.user_attrs.get("data")
        if before is None:
            study.set_user_attr("data", data.digest)
    if before not in (None, data.digest):
        raise InputError(
            f"the images of {data.origin} or their labels are not those that the search in {out} "
            "was begun with: restore them, or choose another --out"
        )


@contextlib.contextmanager
def _turn(out):
    """One process at a time decides which trial is next."""
    path = Path(out) / ".turn"
    with contextlib.ExitStack() as stack:
        with writing(path):
            file = stack.enter_context(path.open("a"))
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _next(study, config, space, out, trials, held):
    """The next trial and its number, its folder locked in ``held``; or None and None at the end."""
    import optuna

    from prodimg_lib.seeds import draw_seed

    default = {name: value for name, value in config.settings.model_dump().items() if name in space}
    with _turn(out):
        states = optuna.trial.TrialState
        for number, trial in numbers(study).items():
            if trial.state != states.RUNNING or not _is_left(folder_of(out, number)):
                continue
            # Who works at a trial tells its end before letting go of the folder: look once more.
            if numbers(study)[number].state == states.RUNNING:
                # Where a kill came between two settings, all are drawn again, as they were.
                whole = trial.params if trial.params.keys() == space.keys() else {}
                fixed = whole if number else default
                study.enqueue_trial(fixed, user_attrs={"number": number})
                study.tell(trial.number, state=states.FAIL)
        known = numbers(study)
        waiting = any(trial.state == states.WAITING for trial in known.values())
        if len(known) >= trials and not waiting:
            return None, None
        if not known:
            study.enqueue_trial(default, {"number": 0})
        trial = study.ask()
        number = trial.user_attrs.get("number", len(known))
        # By its number, and not by how often a kill made it begin: the same search all the same.
        seed = draw_seed(config.seed, "trial", number)
        study.sampler = optuna.samplers.TPESampler(seed=seed)
        trial.set_user_attr("number", number)
        suggest(trial, space)
        folder = writable_folder(folder_of(out, number))
        held.enter_context(locked(folder))
        return trial, number


def _is_left(folder):
    """Whether no process works at the trial in ``folder`` any more."""
    try:
        with locked(writable_folder(folder)):
            return True
    except CannotWriteError:
        raise
    except InputError:
        return False


def _carry_out(study, trial, number, config, data, out, show, optuna):
    from prodimg_lib.runs.records import VALIDATION, Checkpoints, History
    from prodimg_lib.runs.selection import in_use
    from prodimg_lib.runs.training import train

    folder = folder_of(out, number)

    def pruned(step, found):
        trial.report(found["value"], step)
        if number and trial.should_prune():
            raise optuna.TrialPruned

    state = None
    try:
        mine = settings_of(config, {} if number == 0 else trial.params)
        mine = with_batch_size(mine, data)
        write_settings(mine, folder / "config.yaml")
        # Where a trial is taken up again, what it told before counts.
        if (folder / "checkpoints").is_dir() and (
            before := Checkpoints(folder / "checkpoints").state()
        ):
            for row in History(folder / VALIDATION).rows():
                if row["step"] <= before["step"]:
                    value = next(v for k, v in row.items() if k not in ("step", "seconds"))
                    trial.report(value, int(row["step"]))
        train(mine, data, folder, show, on_validation=pruned)
    except optuna.TrialPruned:
        state = optuna.trial.TrialState.PRUNED
    except InputError as error:
        if number == 0 or isinstance(error, CannotWriteError):
            raise  # so will the others; or no fault of this one, which is taken up again
        trial.set_user_attr("reason", str(error))
        state = optuna.trial.TrialState.FAIL
    best = in_use(folder).state()
    if best and "validation" in best:
        for key in ("metric", "uncertainty", "n"):
            trial.set_user_attr(key, best["validation"][key])
        trial.set_user_attr("value", best["validation"]["value"])
        trial.set_user_attr("step", best["step"])
    study.tell(trial, best["validation"]["value"] if state is None else None, state)
