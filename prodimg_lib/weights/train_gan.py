"""Train and ship a GAN's generator: ``python -m prodimg_lib.weights.train_gan NAME``.

Trains the default GAN on the source's training split and writes the averaged generator with its
card beside this file.
"""

import argparse

from prodimg_lib.quiet import load_tensorflow


def train(name, steps, seed):
    load_tensorflow()
    from prodimg_lib import GAN, load, weights
    from prodimg_lib.data.pipeline import batches
    from prodimg_lib.weights import scores

    data = load(name)
    model = GAN(size=data.size, channels=data.channels, num_classes=data.num_classes, seed=seed)
    model.compile()
    stream = batches(data.images, data.labels, batch_size=64, seed=seed)
    model.fit(stream, epochs=20, steps_per_epoch=max(1, steps // 20), verbose=2, shuffle=False)

    found, n = scores.of_images(model, data, seed)
    facts = weights.ship(
        "gan",
        name,
        model.ema_generator,
        command=f"python -m prodimg_lib.weights.train_gan {name} --steps {steps} --seed {seed}",
        seed=seed,
        steps=int(model.step.value),
        images=n,
        scores=found,
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
