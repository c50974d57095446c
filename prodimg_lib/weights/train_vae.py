"""Train and ship a VAE: ``python -m prodimg_lib.weights.train_vae NAME``.

A VAE of half the default width with eight latent dimensions, few enough to have a slider each;
encoder, decoder and fitted prior are written with their card beside this file. The learning rate
falls to zero along a cosine.
"""

import argparse

from prodimg_lib.quiet import load_tensorflow

WIDTH, LATENT_DIM = 16, 8


def train(name, steps, seed):
    load_tensorflow()
    import keras

    from prodimg_lib import VAE, load, weights
    from prodimg_lib.data.pipeline import batches
    from prodimg_lib.weights import scores

    data = load(name)
    shape = {"size": data.size, "channels": data.channels, "num_classes": data.num_classes}
    model = VAE(**shape, width=WIDTH, latent_dim=LATENT_DIM, seed=seed)
    rate = keras.optimizers.schedules.CosineDecay(model.config.learning_rate, steps)
    model.compile(optimizer=keras.optimizers.Adam(rate))
    stream = batches(data.images, data.labels, batch_size=64, seed=seed)
    model.fit(stream, epochs=20, steps_per_epoch=max(1, steps // 20), verbose=2, shuffle=False)
    model.fit_prior(data.images[:20_000], data.labels[:20_000])

    found, n = scores.of_images(model, data, seed)
    shipped = VAE(model.config)  # without an optimizer, whose moments are twice the weights
    shipped.set_weights(model.get_weights())
    facts = weights.ship(
        "vae",
        name,
        shipped,
        command=f"python -m prodimg_lib.weights.train_vae {name} --steps {steps} --seed {seed}",
        seed=seed,
        steps=int(model.step.value),
        images=n,
        scores=found | scores.of_reconstructions(model, data),
        config=model.config.model_dump(mode="json"),
        class_names=list(data.class_names),
        trained_on=f"{name}, training split",
    )
    print(facts["scores"], f"{facts['bytes'] / 1e6:.2f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=["fashion-mnist", "catalogue"])
    parser.add_argument("--steps", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    train(options.name, options.steps, options.seed)
