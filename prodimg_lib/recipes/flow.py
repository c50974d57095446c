"""Train and ship a flow: ``python -m prodimg_lib.recipes.flow NAME``.

Trains the default flow, with labels, on the source's training split and writes the averaged network
with its card beside this file. The learning rate falls to zero along a cosine. With ``--keep FILE``
the model is saved there every thousand steps, and a later call goes on from it, or ships it where
it has its steps already.
"""

from prodimg_lib.recipes import shipping as training

# Of 1 to 2 and of 4 to 16 steps, chosen on training images: the distance is least near here. On
# the catalogue nearly every request is met without guidance, and leaving it out halves the time.
SAMPLING = {
    "fashion-mnist": {"guidance": 1.5, "steps": 8},
    "catalogue": {"guidance": 1.0, "steps": 8},
}


def train(name, steps, seed, keep=None):
    import keras

    from prodimg_lib.models.flow import Flow

    data = training.source(name)
    shape = {"size": data.size, "channels": data.channels, "num_classes": data.num_classes}
    model = Flow(**shape, seed=seed, **SAMPLING.get(name, {}))
    rate = keras.optimizers.schedules.CosineDecay(model.config.learning_rate, steps)
    model.compile(optimizer=keras.optimizers.Adam(rate))
    model = training.fit_in_parts(model, data, steps, seed, keep)
    training.ship("flow", name, model.ema_network, model, data, steps, seed)


if __name__ == "__main__":
    training.main(__doc__, train, keeps=True)
