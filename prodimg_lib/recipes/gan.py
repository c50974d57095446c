"""Train and ship a GAN's generator: ``python -m prodimg_lib.recipes.gan NAME``.

Trains the default GAN on the source's training split and writes the averaged generator with its
card beside this file. At 64 px it is narrower, to stay below 4 MB, doubles sides by repeating
pixels (transposed convolutions leave a checkerboard on plain colours there), and its rates fall to
zero along a cosine over the last three eighths of the steps: at a constant rate the range of
colours wanders, and some are missing whenever one stops. With ``--keep FILE`` the model is saved
there every thousand steps, and a later call goes on from it.
"""

from prodimg_lib.recipes import shipping as training

SETTINGS: dict[str, dict] = {"catalogue-64": {"width": 20, "upsampling": "resize"}}


def train(name, steps, seed, keep=None):
    from prodimg_lib.models.gan import GAN

    data = training.source(name)
    shape = {"size": data.size, "channels": data.channels, "num_classes": data.num_classes}
    model = GAN(**shape, seed=seed, **SETTINGS.get(name, {}))
    model.compile(*_optimizers(model.config, steps) if name in SETTINGS else ())
    model = training.fit_in_parts(model, data, steps, seed, keep)
    training.ship("gan", name, model.ema_generator, model, data, steps, seed)


def _optimizers(config, steps):
    """Adam for both players at the config's rates, which fall over the last three eighths."""
    import keras

    hold = steps * 5 // 8

    def adam(rate):
        # A warm-up to where it starts from is a hold.
        schedule = keras.optimizers.schedules.CosineDecay(
            rate, steps - hold, warmup_target=rate, warmup_steps=hold
        )
        return keras.optimizers.Adam(schedule, beta_1=config.beta_1, beta_2=config.beta_2)

    return adam(config.g_learning_rate), adam(config.d_learning_rate)


if __name__ == "__main__":
    training.main(__doc__, train, keeps=True)
