"""One run from photographs to report: prepare, train, generate, evaluate, adjust; resumable."""

import contextlib
import json
from pathlib import Path

from prodimg_lib import quiet
from prodimg_lib.errors import InputError
from prodimg_lib.files import writable_folder, write_atomically
from prodimg_lib.runs import processes
from prodimg_lib.runs.config import with_batch_size
from prodimg_lib.runs.environment import environment
from prodimg_lib.runs.folder import load_data, load_model, open_folder, read_config
from prodimg_lib.runs.lock import locked
from prodimg_lib.runs.outputs import origin_of, write_images
from prodimg_lib.runs.show import Show
from prodimg_lib.settings import write_settings
from prodimg_lib.text import text


def run(config, out, show=None, workers=None):
    """Carry out a run in folder ``out``, or go on with the one that is there.

    Args:
        config: ``RunConfig``.
        out: folder; made if missing. If it holds a run with the same settings, training goes on
            from its newest checkpoint (with optimizer state, averaged weights and step) until the
            budget is used; only ``minutes``, ``steps`` and the evaluation may differ.
        show: a ``Show``.
        workers: processes of this machine that train together, each step of them all; None = one,
            or what the environment variable ``TF_CONFIG`` says of this machine and others. What
            is trained is the same but for rounding.

    Returns:
        Path of ``report.html``; None on a machine that only helps, where nothing is written.

    Raises:
        InputError: bad settings, unreadable data, unwritable or foreign folder, or one that
            another process is at work in.
        Interrupted: Ctrl-C or SIGTERM during training, after saving.
    """
    show, group = show or Show(), processes.group(workers)
    if group:
        processes.check(config, group)
        if not group.first:
            processes.train_together(config, None, group, show)
            return None
    out = writable_folder(out)
    try:
        with locked(out):
            _run(config, out, show, group)
    except InputError:
        with contextlib.suppress(OSError):
            out.rmdir()  # nothing was made: leave nothing behind
        raise
    return out / "report.html"


def _run(config, out, show, group):
    config = open_folder(config, out)
    show.stage("prepare")
    data = load_data(config, show)
    config = with_batch_size(config, data)
    _check_held_out(data)
    if group:
        processes.check(config, group)  # now that its batch size is known
    if data.skipped:
        show.message(f"skipped {len(data.skipped)} files; the report lists each with its reason")
    quiet.load_tensorflow()
    from prodimg_lib.runs.training import check_data, train

    if (out / "checkpoints").is_dir():
        check_data(out, data)  # before a file of that run is replaced
    write_settings(config, out / "config.yaml")
    _write_classes(out, data)
    if group:
        model = processes.train_together(config, out, group, show)
    else:
        model = train(config, data, out, show)
    # With validation the best checkpoint counts, which the last state need not be.
    _evaluate(out, show, config, None if config.train.validate_every else model, data)


def _check_held_out(data):
    """Refuse, before the training, what could not be scored after it."""
    if not len(data.test_images):
        raise InputError(
            f"nothing is held out to score by ({data.origin}): add photographs that are not "
            "near duplicates, or prepare them with a test part (`prodimg data prepare ... --set "
            "test=0.15`)"
        )


def _write_classes(out, data):
    write_atomically(out / "classes.json", json.dumps(list(data.class_names)) + "\n")


def evaluate(out, show=None, *, config=None, model=None, data=None):
    """``score``, of which it returns the table of metrics."""
    return score(out, show, config=config, model=model, data=data)["metrics"]


def score(out, show=None, *, config=None, model=None, data=None):
    """Generate, score, judge and report for the run in ``out``.

    ``config``, ``model`` and ``data`` are read from the folder where not given.

    Returns:
        dict, what ``metrics.json`` holds: ``metrics`` and, where there are gates, ``verdict``
        among it.

    Raises:
        InputError: ``out`` is no run folder, nothing was saved in it, its data is not there, or
            another process is at work in it.
    """
    out = Path(out)
    config = config or read_config(out)
    with locked(out):
        return _evaluate(out, show or Show(), config, model, data)


def _evaluate(out, show, config, model, data):
    quiet.load_tensorflow()
    from prodimg_lib.metrics.intervals import interval
    from prodimg_lib.runs.advice import advice
    from prodimg_lib.runs.card import write_card
    from prodimg_lib.runs.evaluation import PARTS, score_reconstructions, score_samples
    from prodimg_lib.runs.records import Findings
    from prodimg_lib.runs.report import write_report
    from prodimg_lib.runs.selection import chosen, in_use, newest_state
    from prodimg_lib.runs.training import of_few, same_data
    from prodimg_lib.runs.verdict import decide
    from prodimg_lib.seeds import draw_seed

    model = model or load_model(out)
    if data is None:
        data = load_data(config, show)
        _check_held_out(data)
        state = newest_state(out)
        if state and same_data(state, data):
            _write_classes(out, data)  # the same, or lost
        elif state:
            show.message(
                f"the images of {data.origin} or their labels are not those that {out} was "
                "trained on: these scores are about what is there now"
            )

    show.stage("generate")
    n = config.evaluate.images
    labels = model.labels_for(n)
    seed = draw_seed(config.seed, "images of the evaluation")
    images = model.generate(n, seed=seed)

    show.stage("evaluate")
    parts = len(PARTS) + model.ENCODES
    table, per_image = score_samples(
        images,
        labels,
        data,
        second=config.evaluate.second,
        seed=config.seed,
        on_progress=lambda done, _, note: show.progress(done, parts, note),
    )
    if model.ENCODES:
        show.progress(len(PARTS), parts, text()["evaluation_parts"]["reconstructions"])
        table |= score_reconstructions(model, data)
    write_images(
        out,
        images,
        labels,
        data.class_names,
        seed,
        per_image,
        subfolder="samples/images",
        origin=origin_of(model, out.name),
    )
    findings = Findings(out / "doctor.json").rows() if model.ADVERSARIAL else None
    standing = [row for row in findings or () if row["stands"]]
    state, used = newest_state(out), in_use(out)
    for name, facts in table.items():
        facts["interval"] = interval(name, facts)
    result = {
        "verdict": decide(config.evaluate.gates, table),
        "metrics": table,
        "notes": [*table.notes, *filter(None, [of_few(config, model, data)])],
        "advice": advice(table, model=model, config=config, data=data, findings=standing),
        "training": {k: state[k] for k in ("step", "seconds")},
        "seed": config.seed,
        "data": data.digest,  # scored on: where the photographs were changed not what it learned
    }
    if best := chosen(out):
        result["checkpoint"] = best
    write_atomically(out / "metrics.json", json.dumps(result, indent=2) + "\n")
    write_atomically(out / "environment.json", json.dumps(environment(), indent=2) + "\n")

    show.stage("report")
    write_report(
        out,
        result,
        config=config,
        model=model,
        data=data,
        images=images,
        labels=labels,
        findings=findings,
    )
    write_card(
        out,
        result,
        checkpoint=used.folder / used.state()["file"],
        config=config,
        model=model,
        data=data,
        findings=findings,
    )
    show.scores(table)
    if result["verdict"]:
        show.verdict(result["verdict"])
    return result
