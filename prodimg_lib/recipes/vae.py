"""Train and ship a VAE: ``python -m prodimg_lib.recipes.vae NAME``.

A VAE of half the default width with eight latent dimensions, few enough to have a slider each. At
64 px it is narrower, to stay below 4 MB, and has sixteen: eight were all spent on shapes there, and
none was left for colours. Encoder, decoder and fitted prior are written with their card beside this
file. The learning rate falls to zero along a cosine. ``--keep`` as in ``gan``.
"""

from prodimg_lib.recipes import scores
from prodimg_lib.recipes import shipping as training

SETTINGS: dict[str, dict] = {"catalogue-64": {"width": 10, "latent_dim": 16}}
USUAL = {"width": 16, "latent_dim": 8}
LISTENING = {"conditioning": "film", "match_weight": 300.0, "request_weight": 10.0}


def train(name, steps, seed, keep=None):
    import keras

    from prodimg_lib.models.vae import VAE

    data = training.source(name)
    shape = {"size": data.size, "channels": data.channels, "num_classes": data.num_classes}
    model = VAE(**shape, seed=seed, **SETTINGS.get(name, USUAL), **LISTENING)
    rate = keras.optimizers.schedules.CosineDecay(model.config.learning_rate, steps)
    model.compile(optimizer=keras.optimizers.Adam(rate))
    model = training.fit_in_parts(model, data, steps, seed, keep)
    model.fit_prior(data.images[:20_000], data.labels[:20_000])

    shipped = VAE(model.config)  # without an optimizer, whose moments are twice the weights
    shipped.set_weights(model.get_weights())
    more = scores.of_reconstructions(model, data) | scores.of_requests(model, data)
    training.ship("vae", name, shipped, model, data, steps, seed, more)


if __name__ == "__main__":
    training.main(__doc__, train, keeps=True)
