"""One run from photographs to report: prepare, train, generate, evaluate, adjust; resumable."""

import json
from pathlib import Path

from prodimg_lib import quiet
from prodimg_lib.models import pretrained
from prodimg_lib.settings import (
    MODELS,
    NetworkConfig,
    load_config,
    parse,
    save_config,
)
from prodimg_lib.runs.environment import environment
from prodimg_lib.errors import InputError
from prodimg_lib.runs.outputs import writable_folder, write_atomically, write_images
from prodimg_lib.plots import image_grid, save_png

_FROM_DATA = ("size", "channels", "num_classes", "seed")


class Quiet:
    """Receives progress; the command line shows it, a notebook or a test may pass this one."""

    def stage(self, name):
        """A stage begins: prepare, train, generate, evaluate or report."""

    def message(self, line):
        """One line a person should see."""

    def progress(self, done, total, note=""):
        """Part of the current stage is done."""

    def scores(self, table):
        """The ``metrics.Scores`` of a run."""


def run(config, out, show=None):
    """Carry out a run in folder ``out``, or go on with the one that is there.

    Args:
        config: ``RunConfig``.
        out: folder; made if missing. If it holds a run with the same settings, training goes on
            from its newest checkpoint (with optimizer state, averaged weights and step) until the
            budget is used; only ``minutes``, ``steps`` and the evaluation may differ.
        show: an object with the methods of ``Quiet``.

    Returns:
        Path of ``report.html``.

    Raises:
        InputError: bad settings, unreadable data, unwritable or foreign folder.
        Interrupted: Ctrl-C or SIGTERM during training, after saving.
    """
    show = show or Quiet()
    out = Path(out)
    kind = MODELS[config.model]
    _check_settings(kind, config.settings)
    _open_folder(config, out)
    show.stage("prepare")
    try:
        data = load_data(config, show)
    except InputError:
        if not any(out.iterdir()):
            out.rmdir()  # nothing was made: leave nothing behind
        raise
    if data.skipped:
        show.message(f"skipped {len(data.skipped)} files; the report lists each with its reason")
    save_config(config, out / "config.yaml")
    write_atomically(out / "classes.json", json.dumps(list(data.class_names)) + "\n")
    quiet.load_tensorflow()
    from prodimg_lib.runs.training import train

    model = train(config, data, out, show, lambda: new_model(config, data))
    evaluate(out, show, config=config, model=model, data=data)
    return out / "report.html"


def _check_settings(kind, settings):
    for key in settings:
        if key in _FROM_DATA:
            raise InputError(
                f"settings.{key} cannot be set here: it follows from the data and the run "
                "(use --size, --channels, --seed)"
            )
    # Whether there are classes is known only from the data: settings that need them pass here.
    parse(kind, {**settings, "num_classes": 1}, "settings")


def model_config(config, data):
    """The model's config, such as a ``GANConfig``, that a run's settings and data amount to."""
    kind = MODELS[config.model]
    shape = NetworkConfig(
        size=data.size,
        channels=data.channels,
        num_classes=data.num_classes if config.conditional and data.num_classes > 1 else 0,
        seed=config.seed,
    )
    shape = {key: getattr(shape, key) for key in _FROM_DATA}
    return parse(kind, {**config.settings, **shape}, "settings")


def new_model(config, data):
    """The untrained, compiled model of a run."""
    from prodimg_lib.models.gan import GAN
    from prodimg_lib.models.vae import VAE
    from prodimg_lib.models.vqvae import VQVAE

    model = {"gan": GAN, "vae": VAE, "vqvae": VQVAE}[config.model](model_config(config, data))
    model.compile()
    return model


def _open_folder(config, out):
    """Make ``out``, or check that the run inside it is this one."""
    writable_folder(out)
    before = out / "config.yaml"
    if not before.is_file():
        if any(out.iterdir()):
            raise InputError(
                f"{out} is not empty and holds no run (no config.yaml): choose another --out"
            )
        return
    old, new = (_identity(c) for c in (load_config(before), config))
    for key in old:
        if old[key] != new[key]:
            raise InputError(
                f"{out} holds a run with {key} = {old[key]!r}, now {new[key]!r} is asked for: "
                "choose another --out, or repeat the old settings to go on with it"
            )


def _identity(config):
    """What must not change between the sessions of one run, flat."""
    values = config.model_dump(
        exclude={"evaluate": True, "train": {"minutes", "steps", "log_every", "checkpoint_seconds"}}
    )
    flat = {}
    for key, value in values.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{k}": v for k, v in value.items()}
        else:
            flat[key] = value
    return {**dict.fromkeys(_settings_keys(config)), **flat}


def _settings_keys(config):
    return [f"settings.{key}" for key in MODELS[config.model].model_fields]


def evaluate(out, show=None, *, config=None, model=None, data=None):
    """Generate, score and report for the run in ``out``; returns the table of metrics.

    ``config``, ``model`` and ``data`` are read from the folder where not given.
    """
    quiet.load_tensorflow()
    from prodimg_lib.runs.evaluation import advice, score_reconstructions, score_samples
    from prodimg_lib.runs.records import Checkpoints, Findings
    from prodimg_lib.runs.report import write_report

    show = show or Quiet()
    out = Path(out)
    config = config or read_config(out)
    model = model or load_model(out)
    data = data or load_data(config, show)

    show.stage("generate")
    n = config.evaluate.images
    labels = model.labels_for(n)
    images = model.generate(n, seed=config.seed + 1)

    show.stage("evaluate")
    table, per_image = score_samples(images, labels, data, seed=config.seed)
    if config.model != "gan":
        table |= score_reconstructions(model, data)
    write_images(
        out,
        images,
        labels,
        data.class_names,
        config.seed + 1,
        per_image,
        subfolder="samples/images",
    )
    findings = [row for row in Findings(out / "doctor.json").rows() if row["stands"]]
    state = Checkpoints(out / "checkpoints").state()
    result = {
        "metrics": table,
        "advice": advice(table, model=model, config=config, data=data, findings=findings),
        "training": {k: state[k] for k in ("step", "seconds")},
        "seed": config.seed,
    }
    write_atomically(out / "metrics.json", json.dumps(result, indent=2) + "\n")
    write_atomically(out / "environment.json", json.dumps(environment(), indent=2) + "\n")

    show.stage("report")
    write_report(out, config=config, model=model, data=data, images=images, labels=labels)
    show.scores(table)
    return table


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
    """The model of the newest checkpoint of a run.

    Raises:
        InputError: ``out`` is no run folder, or nothing was saved in it yet.
    """
    out = Path(out)
    read_config(out)
    if not (out / "checkpoints" / "state.json").is_file():
        raise InputError(f"{out} has no checkpoint yet: finish its training with `prodimg run`")
    quiet.load_tensorflow()
    from prodimg_lib.runs.records import Checkpoints

    return Checkpoints(out / "checkpoints").load()


def load_data(config, show=None):
    """The data of a run, as its config names it."""
    from prodimg_lib.data import load

    show = show or Quiet()
    d = config.data
    return load(
        d.source,
        d.size,
        d.channels,
        fit=d.fit,
        limit=d.limit,
        seed=config.seed,
        on_message=show.message,
        on_progress=show.progress,
    )


def generate(run_folder, out, n, label=None, seed=0, truncation=None):
    """Make n images with a trained run: PNG files, ``manifest.csv`` and ``grid.png`` in ``out``.

    Args:
        run_folder: a run folder, or the name of a model that ships (see ``pretrained``).
        label: a class by name or number; None takes the classes in turn.
        seed, truncation: as in ``model.generate``.

    Raises:
        InputError: no such run or class, n < 1, unwritable folder.
    """
    if not Path(run_folder).exists() and str(run_folder) in pretrained.available():
        quiet.load_tensorflow()
        model = pretrained.load(str(run_folder))
        names = pretrained.card(str(run_folder))["class_names"]
    else:
        model = load_model(run_folder)
        names = json.loads((Path(run_folder) / "classes.json").read_text(encoding="utf-8"))
    labels = model.labels_for(n, None if label is None else _class_index(label, names))
    images = model.generate(n, labels, seed, truncation)
    out = writable_folder(out)
    write_images(out, images, labels, names, seed)
    columns = model.config.num_classes if labels is not None and label is None else None
    save_png(image_grid(images[:400], columns, scale=2), out / "grid.png")


def _class_index(label, names):
    if str(label).isdigit() and int(label) < len(names):
        return int(label)
    lower = [name.lower() for name in names]
    if str(label).lower() in lower:
        return lower.index(str(label).lower())
    raise InputError(f"unknown class {label!r}: choose one of {', '.join(names)}")
