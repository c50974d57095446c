"""Train and ship a generator: ``python -m prodimg_lib.weights.train_gan NAME``.

Trains the default GAN on the source's training split and writes the averaged generator with its
card beside this file. Scored on 10,000 images at most, against as many held-out ones, by a
classifier that took no part in the training.
"""

import argparse

from prodimg_lib.quiet import load_tensorflow


def train(name, steps, seed):
    load_tensorflow()
    import numpy as np

    from prodimg_lib import GAN, load, metrics, weights
    from prodimg_lib.data.images import subset
    from prodimg_lib.data.pipeline import batches

    data = load(name)
    model = GAN(size=data.size, channels=data.channels, num_classes=data.num_classes, seed=seed)
    model.compile()
    stream = batches(data.images, data.labels, batch_size=64, seed=seed)
    model.fit(stream, epochs=20, steps_per_epoch=max(1, steps // 20), verbose=2, shuffle=False)

    n = min(10_000, len(data.test_images))
    extractor = metrics.FeatureExtractor(name)
    real = extractor.features(data.test_images[:n])
    rows = subset(data.labels, n, np.random.default_rng(seed))  # classes as even as in the test
    fake, probs = extractor(model.generate(n, seed=seed))
    precision, recall = metrics.precision_recall(real, fake)
    scores = {
        "fd_product": metrics.frechet_distance(real, fake),
        "fd_product_floor": metrics.frechet_distance(real, extractor.features(data.images[rows])),
        "class_accuracy": float((probs.argmax(1) == model.labels_for(n)).mean()),
        "precision": precision,
        "recall": recall,
    }
    facts = weights.ship(
        "gan",
        name,
        model.ema_generator,
        command=f"python -m prodimg_lib.weights.train_gan {name} --steps {steps} --seed {seed}",
        seed=seed,
        steps=int(model.step.value),
        images=n,
        scores={key: round(float(value), 4) for key, value in scores.items()},
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
