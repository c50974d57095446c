"""What the programs that train and ship a generative model share."""

import argparse

from prodimg_lib import weights
from prodimg_lib.quiet import load_tensorflow
from prodimg_lib.recipes import scores


def main(doc, train):
    """Read NAME, ``--steps`` and ``--seed``, and call ``train(name, steps, seed)``."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("name", choices=["fashion-mnist", "catalogue"])
    parser.add_argument("--steps", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    load_tensorflow()
    train(options.name, options.steps, options.seed)


def fit(model, data, steps, seed):
    """Train on the training split in twenty epochs, so that progress is seen."""
    from prodimg_lib.data.batches import batches

    stream = batches(data.images, data.labels, batch_size=64, seed=seed)
    model.fit(stream, epochs=20, steps_per_epoch=max(1, steps // 20), verbose=2, shuffle=False)


def ship(kind, name, shipped, model, data, steps, seed, more=None):
    """Score the trained ``model``, write the weights of ``shipped`` and the card, print its scores.

    Args:
        kind: ``gan`` or ``vae``; of the program and of the files.
        more: scores of this kind, beside those of images.
    """
    found, n = scores.of_images(model, data, seed)
    facts = weights.ship(
        kind,
        name,
        shipped,
        command=f"python -m prodimg_lib.recipes.{kind} {name} --steps {steps} --seed {seed}",
        seed=seed,
        steps=int(model.step.value),
        images=n,
        scores=found | (more or {}),
        config=model.config.model_dump(mode="json"),
        class_names=list(data.class_names),
        trained_on=f"{name}, training split",
    )
    print(facts["scores"], f"{facts['bytes'] / 1e6:.2f} MB")
