"""Images of a trained run, or of a model that ships with the package."""

import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prodimg_lib import quiet
from prodimg_lib.data.workers import check_workers
from prodimg_lib.errors import InputError
from prodimg_lib.files import read_json, writable_folder
from prodimg_lib.models import pretrained
from prodimg_lib.plots import image_grid
from prodimg_lib.runs import requests
from prodimg_lib.runs.archive import check_archive, is_archive, write_archive
from prodimg_lib.runs.bulk import drawer
from prodimg_lib.runs.folder import load_data, load_model, read_config
from prodimg_lib.runs.outputs import check_folder, origin_of, write_images
from prodimg_lib.runs.requests import class_index, count
from prodimg_lib.runs.show import Show

_GRID_IMAGES = 400
_GRID_COLUMNS = 20


@dataclass(frozen=True)
class Opened:
    """A model to draw from.

    Attributes:
        model: a ``GenerativeModel``; names: of its classes; name: of its run, or the shipped one's.
        photographs: function without arguments that loads the ``ProductImages`` it learned from.
    """

    model: Any
    names: Sequence[str]
    photographs: Callable[[], Any]
    name: str


def generate(
    run_folder,
    out,
    n,
    label=None,
    seed=0,
    *,
    between=None,
    gates=None,
    attempts=None,
    workers=None,
    show=None,
    **drawing,
):
    """Make images with a trained run: PNG files, ``manifest.csv`` and ``grid.png`` in ``out``.

    Args:
        run_folder: a run folder, or the name of a model that ships (see ``pretrained``).
        out: a folder, or a file that ends in ``.zip``.
        n: how many; of each class, where classes are given.
        label: a class by name or number, or several; None takes the classes in turn. The images of
            a class do not depend on what else is asked for.
        seed, drawing: as in ``model.generate``; None = not asked for.
        between: two images to go from and to in n steps, each an index or ``"SEED:INDEX"``; with
            one class, or with one for each end.
        gates: limits of ``acceptance.parse`` that take the place of the photographs', {} for none;
            what is refused is drawn again. None accepts everything.
        attempts: how often an image is drawn at most; None = ``acceptance.ATTEMPTS``.
        workers: processes that draw, see ``bulk``; the images are the same.
        show: a ``Show``.

    Raises:
        InputError: no such run or class, n < 1, what ``generate`` of this model refuses, files in
            ``out`` that are not ours, unwritable folder; gates without the photographs, or that too
            few images pass: those that do are written.
    """
    show = show or Show()
    n = count("-n", n, 1)
    seed = count("--seed", seed, 0, None)
    _check_out(out)
    check_workers(workers)
    trained = opened(run_folder, show)
    model, names = trained.model, trained.names
    drawing = drawing_of(model, drawing)
    given = [] if label is None else [label] if isinstance(label, str | int) else list(label)
    classes = [class_index(each, names) for each in given]
    origin = origin_of(model, trained.name) | drawing
    problem = None
    if between is not None:
        if gates is not None:
            raise InputError("--accept draws images again, a walk has only one way: leave one out")
        drawn = requests.walk(model, n, classes, seed, between, drawing, names)
        columns = min(n, _GRID_COLUMNS)
    else:
        wanted = requests.wanted(model, n, classes)
        draw = drawer(run_folder, workers, opened, show.message)
        if gates is None:
            drawn = draw(model, wanted, seed, drawing)
        else:
            from prodimg_lib.runs.accepted import draw_accepted

            drawn, problem = draw_accepted(
                model,
                wanted,
                seed,
                drawing,
                names,
                trained.photographs(),
                gates,
                attempts,
                show,
                draw,
            )
        columns = columns_of(model, n, classes, wanted)
    if len(drawn.images):
        _write(out, drawn, names, grid_of(drawn.images, columns), origin)
    if problem:
        raise InputError(problem)


def _check_out(out):
    """Refuse before the work what could not be written after it."""
    if not str(out):
        raise InputError("--out is empty: name a folder, or a file that ends in .zip")
    if is_archive(out):
        check_archive(out)
    elif os.path.isfile(os.path.join(out, "config.yaml")):
        raise InputError(f"{out} is a run folder, with a manifest of its own: choose another --out")
    else:
        check_folder(out)


def opened(run_folder, show):
    """A trained run, or a model that ships, as ``Opened``.

    Raises:
        InputError: there is no such thing, or it is damaged.
    """
    name = str(run_folder)
    if not os.path.exists(name) and name in pretrained.available():
        quiet.load_tensorflow()
        model = pretrained.load(name)

        def shipped_photographs():
            from prodimg_lib.data import load

            c = model.config
            return load(pretrained.source(name), c.size, c.channels, on_message=show.message)

        return Opened(model, pretrained.card(name)["class_names"], shipped_photographs, name)
    if not os.path.exists(name):
        raise InputError(
            f"{name} is neither a run folder nor one of {', '.join(pretrained.available())}: give "
            "the --out of a `prodimg run`"
        )
    model = load_model(run_folder)
    names = _class_names(Path(run_folder) / "classes.json", model.config.num_classes)

    def photographs():
        data = load_data(read_config(run_folder), show)
        if list(data.class_names) != list(names):
            raise InputError(
                f"the classes of {data.origin} are not those that {run_folder} was trained on: "
                "restore them, or leave --accept out"
            )
        return data

    return Opened(model, names, photographs, Path(os.path.realpath(name)).name)


def drawing_of(model, drawing):
    """The options of ``generate`` that were given, checked to be some that the model takes.

    Raises:
        InputError: it does not take one of them.
    """
    drawing = {key: value for key, value in drawing.items() if value is not None}
    for key in drawing:
        if key not in model.DRAWING:
            takes = ", ".join(f"--{option}" for option in model.DRAWING)
            raise InputError(f"--{key}: a {type(model).__name__} has none, it takes {takes}")
    return drawing


def grid_of(images, columns):
    """The picture of them all, uint8 [H, W, c], of the first 400 at most."""
    return image_grid(images[:_GRID_IMAGES], columns, scale=2)


def columns_of(model, n, classes, wanted):
    """Of the grid: a row for each class, or a column where the classes come in turn."""
    if len(classes) > 1 and n <= _GRID_COLUMNS:
        return n
    return model.config.num_classes if wanted.labels is not None and not classes else None


def _write(out, drawn, names, grid, origin):
    facts = {"per_image": drawn.columns, "index": drawn.index, "grid": grid, "origin": origin}
    if is_archive(out):
        write_archive(out, drawn.images, drawn.labels, names, drawn.seeds, **facts)
        return
    new = not os.path.exists(out)
    try:
        folder = writable_folder(out)
        write_images(folder, drawn.images, drawn.labels, names, drawn.seeds, **facts)
    except InputError:
        if new:
            with contextlib.suppress(OSError):
                os.rmdir(out)  # nothing was made: leave nothing behind
        raise


def _class_names(path, number):
    advice = "repeat the `prodimg run` of this folder, which writes it"
    names = read_json(path, advice)
    if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
        raise InputError(f"{path} is damaged, it holds no list of names: {advice}")
    if number not in (0, len(names)):
        raise InputError(f"{path} has {len(names)} names for a model of {number} classes: {advice}")
    return names
