"""Train and ship a GAN's generator: ``python -m prodimg_lib.recipes.gan NAME``.

Trains the default GAN on the source's training split and writes the averaged generator with its
card beside this file.
"""

from prodimg_lib.recipes import shipping as training


def train(name, steps, seed):
    from prodimg_lib.data import load
    from prodimg_lib.models.gan import GAN

    data = load(name)
    model = GAN(size=data.size, channels=data.channels, num_classes=data.num_classes, seed=seed)
    model.compile()
    training.fit(model, data, steps, seed)
    training.ship("gan", name, model.ema_generator, model, data, steps, seed)


if __name__ == "__main__":
    training.main(__doc__, train)
