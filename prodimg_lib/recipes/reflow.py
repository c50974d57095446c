"""Train and ship the reflow of a shipped flow: ``python -m prodimg_lib.recipes.reflow NAME``.

The flow draws the pairs, with its guidance; its averaged copy, trained on them, is written with its
card beside this file, as ``NAME-straight``.
"""

from prodimg_lib.recipes import shipping as training

PAIRS = 20_000


def train(name, steps, seed):
    from prodimg_lib.models import pretrained
    from prodimg_lib.models.reflow import reflow

    model = reflow(pretrained.load(f"{name}-flow"), PAIRS, steps, seed)
    facts = model.ema_network, model, training.source(name), steps, seed
    training.ship("flow", f"{name}-straight", *facts, recipe=f"reflow {name}")


if __name__ == "__main__":
    training.main(__doc__, train)
