"""Images of a trained run, or of a model that ships with the package."""

from pathlib import Path

from prodimg_lib import quiet
from prodimg_lib.errors import InputError
from prodimg_lib.files import read_json, writable_folder
from prodimg_lib.models import pretrained
from prodimg_lib.plots import image_grid, save_png
from prodimg_lib.runs.folder import load_model
from prodimg_lib.runs.outputs import write_images


def generate(run_folder, out, n, label=None, seed=0, **drawing):
    """Make n images with a trained run: PNG files, ``manifest.csv`` and ``grid.png`` in ``out``.

    Args:
        run_folder: a run folder, or the name of a model that ships (see ``pretrained``).
        label: a class by name or number; None takes the classes in turn.
        seed, drawing: as in ``model.generate``; None = not asked for.

    Raises:
        InputError: no such run or class, n < 1, what ``generate`` of this model refuses, unwritable
            folder.
    """
    if not Path(run_folder).exists() and str(run_folder) in pretrained.available():
        quiet.load_tensorflow()
        model = pretrained.load(str(run_folder))
        names = pretrained.card(str(run_folder))["class_names"]
    else:
        model = load_model(run_folder)
        names = _class_names(Path(run_folder) / "classes.json", model.config.num_classes)
    labels = model.labels_for(n, None if label is None else class_index(label, names))
    drawing = {name: value for name, value in drawing.items() if value is not None}
    for name in drawing:
        if name not in model.DRAWING:
            takes = ", ".join(f"--{option}" for option in model.DRAWING)
            raise InputError(f"--{name}: a {type(model).__name__} has none, it takes {takes}")
    images = model.generate(n, labels, seed, **drawing)
    out = writable_folder(out)
    write_images(out, images, labels, names, seed)
    columns = model.config.num_classes if labels is not None and label is None else None
    save_png(image_grid(images[:400], columns, scale=2), out / "grid.png")


def _class_names(path, number):
    advice = "repeat the `prodimg run` of this folder, which writes it"
    names = read_json(path, advice)
    if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
        raise InputError(f"{path} is damaged, it holds no list of names: {advice}")
    if number not in (0, len(names)):
        raise InputError(f"{path} has {len(names)} names for a model of {number} classes: {advice}")
    return names


def class_index(label, names):
    """The index of a class by its name, by its name in other case, or by its number from 0.

    A name comes first: in a shop whose classes are called 1, 2 and 3, ``1`` is the class called so.

    Raises:
        InputError: none of these, or a name in other case that could be two.
    """
    label = str(label)
    if label in names:
        return names.index(label)
    alike = [i for i, name in enumerate(names) if name.lower() == label.lower()]
    if len(alike) == 1:
        return alike[0]
    if not alike and label.isdecimal() and int(label) < len(names):
        return int(label)
    raise InputError(f"unknown class {label!r}: choose one of {', '.join(names)}")
