"""What the programs that train and ship a generative model share."""

import argparse
from pathlib import Path
from typing import Any

from prodimg_lib import weights
from prodimg_lib.files import replacing
from prodimg_lib.quiet import load_tensorflow
from prodimg_lib.recipes import scores

BATCH = 64
PART = 1000  # steps between two saves of a long training

# NAME of a recipe: what ``data.load`` takes.
SOURCES: dict[str, dict[str, Any]] = {
    "fashion-mnist": {"source": "fashion-mnist"},
    "catalogue": {"source": "catalogue"},
    "catalogue-64": {"source": "catalogue", "size": 64},
}


def main(doc, train, keeps=False):
    """Read NAME, ``--steps`` and ``--seed``, and call ``train(name, steps, seed)``.

    ``keeps``: also ``--keep``, for ``fit_in_parts``.
    """
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("name", choices=SOURCES)
    parser.add_argument("--steps", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=0)
    if keeps:
        parser.add_argument("--keep", metavar="FILE.keras", type=Path)
    options = parser.parse_args()
    load_tensorflow()
    more = {"keep": options.keep} if keeps else {}
    train(options.name, options.steps, options.seed, **more)


def source(name):
    """``ProductImages`` of the recipe's NAME."""
    from prodimg_lib.data import load

    return load(**SOURCES[name])


def fit_in_parts(model, data, steps, seed, keep=None):
    """Train on the training split in parts, after which the model is saved as ``keep``; goes on
    from there. At 64 px in 16 bits where that is safe, see ``precision``.

    Returns:
        The model, at ``steps`` or where it stood if it had more: equal, however often it stopped.
    """
    import keras

    from prodimg_lib.data.batches import batches
    from prodimg_lib.models.precision import precision

    if keep and keep.is_file():
        model = keras.models.load_model(keep)
    while (step := int(model.step.value)) < steps:
        stream = batches(data.images, data.labels, batch_size=BATCH, seed=seed, start_step=step)
        part = min(PART, steps - step)
        with precision("bfloat16" if data.size == 64 else "float32"):
            model.fit(stream, steps_per_epoch=part, verbose=2, shuffle=False)
        if keep:
            with replacing(keep) as partial:
                model.save(partial)
    return model


def ship(kind, name, shipped, model, data, steps, seed, more=None, recipe=None):
    """Score the trained ``model``, write the weights of ``shipped`` and the card, print its scores.

    Args:
        kind: ``gan``, ``vae`` or ``flow``, of the files.
        more: scores of this kind, beside those of images.
        recipe: program and data set, as on the command line, if not "KIND NAME".
    """
    found, n = scores.of_images(model, data, seed)
    program = recipe or f"{kind} {name}"
    facts = weights.ship(
        kind,
        name,
        shipped,
        command=f"python -m prodimg_lib.recipes.{program} --steps {steps} --seed {seed}",
        seed=seed,
        steps=int(model.step.value),
        images=n,
        scores=found | (more or {}),
        config=model.config.model_dump(mode="json"),
        class_names=list(data.class_names),
        trained_on=f"{data.source}, training split",
    )
    print(facts["scores"], f"{facts['bytes'] / 1e6:.2f} MB")
