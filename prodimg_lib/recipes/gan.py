"""Train and ship a GAN's generator: ``python -m prodimg_lib.recipes.gan NAME``.

Trains the default GAN on the source's training split and writes the averaged generator with its
card beside this file. At 64 px it is narrower, to stay below 4 MB, and doubles sides by repeating
pixels: transposed convolutions leave a checkerboard on plain colours there. With ``--keep FILE``
the model is saved there every thousand steps, and a later call goes on from it.
"""

from prodimg_lib.recipes import shipping as training

SETTINGS: dict[str, dict] = {"catalogue-64": {"width": 20, "upsampling": "resize"}}


def train(name, steps, seed, keep=None):
    from prodimg_lib.models.gan import GAN

    data = training.source(name)
    shape = {"size": data.size, "channels": data.channels, "num_classes": data.num_classes}
    model = GAN(**shape, seed=seed, **SETTINGS.get(name, {}))
    model.compile()
    model = training.fit_in_parts(model, data, steps, seed, keep)
    training.ship("gan", name, model.ema_generator, model, data, steps, seed)


if __name__ == "__main__":
    training.main(__doc__, train, keeps=True)
