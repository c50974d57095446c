"""``report.html``: one file that opens anywhere, written from what is in the run folder."""

from pathlib import Path

import numpy as np
import yaml

from prodimg_lib.data.images import subset
from prodimg_lib.files import read_json, write_atomically
from prodimg_lib.metrics.table import distance_of, shown_interval, shown_value, with_floor, words_of
from prodimg_lib.plots import curves, data_uri, image_grid, save_png, svg
from prodimg_lib.runs.records import VALIDATION, History
from prodimg_lib.runs.summary import summary
from prodimg_lib.templates import render
from prodimg_lib.text import text

HEADLINES = (
    "fd_product",
    "kernel_distance",
    "class_accuracy",
    "reconstruction_psnr",
    "precision",
    "recall",
)
COLUMNS = 10


def write_report(out, result, *, config, model, data, images, labels, findings=None):
    """Write ``report.html`` of the run in ``out``.

    Args:
        result: what ``metrics.json`` holds.
        config: ``RunConfig``; model: the trained model; data: ``ProductImages``.
        images, labels: what was generated, uint8 [n, s, s, c] and int [n] or None.
        findings: of the training doctor, as ``Findings.rows``; None where it did not watch.
    """
    out = Path(out)
    words = text()
    rows = _rows(data, images, labels)
    _save_comparison(rows, out / "samples" / "real-and-generated.png")
    line, grounds = summary(result["metrics"], result["verdict"])
    progress, charts = _progress(out, words["report"]), _curves(out, model.PANELS, words["report"])
    reconstructions = _reconstructions(model, data)
    there = {
        "reconstructions": reconstructions,
        "progress": progress,
        "doctor": findings is not None,
        "curves": charts,
        "skipped": data.skipped,
    }
    html = render(
        "report.html.j2",
        language="en",
        words=words["report"],
        real_words=words["report"]["real_drawn" if data.drawn else "real"],
        subtitle=words["report"]["subtitle"].format(
            model=words["models"][config.model],
            source=data.origin,
            minutes=result["training"]["seconds"] / 60,
        ),
        result=result,
        line=line,
        grounds=grounds,
        parts=[key for key in words["report"]["short"] if there.get(key, True)],
        rows=[
            {
                "name": name,
                "real": _grid_uri(real),
                "fake": _grid_uri(fake),
                "width": min(len(real), COLUMNS) / COLUMNS,
            }
            for name, real, fake in rows
        ],
        metrics=_metric_rows(result["metrics"]),
        headlines=_metric_rows(_headlines(result["metrics"])),
        per_class=result["metrics"].get("class_accuracy", {}).get("per_class", {}),
        progress=progress,
        findings=findings,
        curves=charts,
        reconstructions=reconstructions,
        settings=yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False),
        resolved=yaml.safe_dump(model.config.model_dump(mode="json"), sort_keys=False),
        environment=read_json(out / "environment.json", "evaluate the run again, which writes it"),
        skipped=data.skipped,
        data=data,
    )
    write_atomically(out / "report.html", html)


def _grid_uri(images):
    return data_uri(image_grid(images, min(COLUMNS, len(images))))


def _rows(data, images, labels):
    """``(name, real, generated)`` with equally many of both: a class a row if labelled.

    Where no class has both, as of one held-out photograph and few images, all are in one row.
    """
    rows = []
    for i, name in enumerate(data.class_names if labels is not None else ()):
        real, fake = data.test_images[data.test_labels == i], images[labels == i]
        n = min(COLUMNS, len(real), len(fake))
        if n:
            rows.append((name, real[:n], fake[:n]))
    if rows:
        return rows
    n = min(4 * COLUMNS, len(data.test_images), len(images))
    return [("", data.test_images[:n], images[:n])]


def _save_comparison(rows, path):
    """One PNG of all rows, real images on the left, generated ones on the right."""
    lines = []
    for _, real, fake in rows:
        for start in range(0, len(real), COLUMNS):
            line = np.full((2 * COLUMNS + 1, *real.shape[1:]), 255, np.uint8)
            for offset, part in ((0, real), (COLUMNS + 1, fake)):
                part = part[start : start + COLUMNS]
                line[offset : offset + len(part)] = part
            lines.append(line)
    save_png(image_grid(np.concatenate(lines), 2 * COLUMNS + 1, scale=2), path)


def _headlines(table):
    """The first three of the ``HEADLINES`` that may be shown, and one distance among them."""
    first = distance_of(table)
    shown = [k for k in HEADLINES if k in table and not table[k].get("withheld")]
    names = [k for k in shown if k == first or k not in HEADLINES[:2]]
    return {k: table[k] for k in names[:3]}


def _metric_rows(table):
    rows = []
    for name, facts in table.items():
        beside = []
        floor = "" if facts["floor"] is None else f"real images {with_floor(facts)}"
        if floor:
            beside.append(floor)
        if facts.get("interval") and not facts.get("withheld"):
            beside.append("95 % " + " to ".join(shown_interval(*facts["interval"])))
        beside += [f"{k} {facts[k]}" for k in ("n", "d", "features", "likelihood") if facts.get(k)]
        if "bits_per_dimension" in facts:
            beside.append(f"KL {facts['kl']:.1f}")
        if "kl_per_dimension" in facts:
            shares = sorted(facts["kl_per_dimension"], reverse=True)
            beside.append("KL of each dimension " + " ".join(f"{kl:.1f}" for kl in shares))
        rows.append(
            {
                "value": shown_value(facts),
                "floor": floor,
                "beside": ", ".join(beside),
                **words_of(name, facts),
            }
        )
    return rows


def _progress(out, words):
    found = []
    for path in sorted((out / "samples").glob("step-*.png")):
        number = path.stem.removeprefix("step-")
        if not number.isdecimal():
            continue  # a copy that somebody, or a synchronised folder, made
        step = f"{int(number):,}"
        found.append(
            {
                "step": words["step"].format(step=step),
                "alt": words["snapshot"].format(step=step),
                "src": data_uri(path.read_bytes()),
            }
        )
    return found


def _curves(out, panels, words):
    history = History(out / "history.csv").columns()
    validation = History(out / VALIDATION).columns()
    measured = [name for name in validation if name not in ("step", "seconds", "uncertainty")]
    pictures = []
    for rows, names in [*((history, names) for names in panels), (validation, measured)]:
        if len(rows.get("step", ())) < 2:
            continue  # one point makes no curve
        labels = {name: words["columns"].get(name, name) for name in names}
        figure = curves(
            rows,
            names,
            xlabel=words["axis_x"],
            ylabel=" / ".join(dict.fromkeys(words["axis_y"].get(name, name) for name in names)),
            labels=labels,
            title=" · ".join(labels.values()),
            width=5.2,
            height=2.8,
        )
        pictures.append(
            {
                "svg": svg(figure),
                "alt": words["chart"].format(names=" and ".join(labels.values())),
            }
        )
    return pictures


def _reconstructions(model, data):
    if not model.ENCODES:
        return None
    rows = subset(data.test_labels, COLUMNS, np.random.default_rng(0))
    images = data.test_images[rows]
    labels = data.test_labels[rows].astype("int32") if model.conditional else None
    again = model.reconstruct(images, labels)
    return data_uri(image_grid(np.concatenate([images, again]), COLUMNS))
