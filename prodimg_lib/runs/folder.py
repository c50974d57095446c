"""The folder of a run: open it, and read back what is in it."""

from dataclasses import replace
from pathlib import Path

from prodimg_lib import quiet
from prodimg_lib.data.sources import place
from prodimg_lib.errors import InputError
from prodimg_lib.runs.config import load_config
from prodimg_lib.runs.lock import NAME as LOCK
from prodimg_lib.runs.show import Show
from prodimg_lib.settings import flat

_FILES = (
    *("config.yaml", "classes.json", "history.csv", "validation.csv", "doctor.json"),
    *("metrics.json", "environment.json", "manifest.csv", "grid.png", "report.html", "card.md"),
    *("checkpoints/state.json", "checkpoints/best/state.json"),
)
_FOLDERS = ("checkpoints", "checkpoints/best", "samples", "samples/images")


def open_folder(config, out):
    """Check that ``out`` is empty but for its lock, or that the run inside it is this one.

    Returns:
        ``config``; of a run that is there with its batch size, where ``config`` leaves that open.

    Raises:
        InputError: it holds something else, or a run with other settings; or a folder is in the
            place of a file, or a file of a folder, which training would find out at its end.
    """
    for name in _FILES:
        if (out / name).is_dir():
            raise InputError(
                f"{out / name} is a folder, where a run keeps a file: move it elsewhere, or choose "
                "another --out"
            )
    for name in _FOLDERS:
        if (out / name).is_file():
            raise InputError(
                f"{out / name} is a file, where a run keeps a folder: move it elsewhere, or choose "
                "another --out"
            )
    before = out / "config.yaml"
    if not before.is_file():
        if any(path.name != LOCK for path in out.iterdir()):
            raise InputError(
                f"{out} is not empty and holds no run (no config.yaml): choose another --out"
            )
        return config
    there = load_config(before)
    if config.train.batch_size is None:
        train = config.train.model_copy(update={"batch_size": there.train.batch_size})
        config = config.model_copy(update={"train": train})
    old, new = (_identity(c) for c in (there, config))
    for key in old:
        if old[key] != new[key]:
            raise InputError(
                f"{out} holds a run with {key} = {old[key]!r}, now {new[key]!r} is asked for: "
                "choose another --out, or repeat the old settings to go on with it"
            )
    return config


def _identity(config):
    """What must not change between the sessions of one run, flat."""
    values = config.amounting_to()
    free = ("minutes", "steps", "log_every", "checkpoint_seconds", "tensorboard")
    values["train"] = {k: v for k, v in values["train"].items() if k not in free}
    values["data"]["source"] = place(values["data"]["source"])
    evaluate = values.pop("evaluate")
    if config.train.validate_every:  # distances of two networks cannot tell which model is best
        values["evaluate"] = {"extractor": evaluate["extractor"]}
    del values["card"]
    settings = values.pop("settings")
    # ``model`` first, as it decides which settings there are.
    return flat({"model": values.pop("model"), **values, "settings": settings})


def read_config(out):
    """The ``RunConfig`` of a run folder.

    Raises:
        InputError: ``out`` is no run folder.
    """
    path = Path(out) / "config.yaml"
    if not path.is_file():
        raise InputError(
            f"{out} is no run folder (no config.yaml): make one with `prodimg run --out {out}`"
        )
    return load_config(path)


def load_model(out):
    """The model of a run: its best checkpoint by validation, or without that its newest.

    Raises:
        InputError: ``out`` is no run folder, nothing was saved in it yet, or that is damaged.
    """
    out = Path(out)
    read_config(out)
    if not any((out / "checkpoints").glob("*")):
        raise InputError(f"{out} has no checkpoint yet: finish its training with `prodimg run`")
    quiet.load_tensorflow()
    from prodimg_lib.runs.selection import in_use

    return in_use(out).load()


def load_data(config, show=None):
    """The data of a run, as its config names it; with a validation part if the run validates.

    Raises:
        InputError: as ``data.load``; too few photographs to validate with; or the extractor that
            the config names is not known or does not suit these images.
    """
    from prodimg_lib.data import load
    from prodimg_lib.data.validation import hold_out
    from prodimg_lib.metrics.extractors import check_chosen

    show = show or Show()
    d, chosen = config.data, config.evaluate.extractor
    data = load(
        d.source,
        d.size,
        d.channels,
        fit=d.fit,
        limit=d.limit,
        seed=config.seed,
        on_message=show.message,
        on_progress=show.progress,
    )
    if chosen is not None:
        check_chosen(chosen, data.source)
        data = replace(data, extractor=chosen)
    return hold_out(data, config.seed) if config.train.validate_every else data
