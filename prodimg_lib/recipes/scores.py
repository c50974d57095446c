"""What the card of a shipped generative model says about its images."""

N = 10_000


def of_images(model, data, seed):
    """Scores of generated images, and how many of them; plain numbers by name.

    At most 10,000 generated images against as many held-out ones, judged by a classifier that took
    no part in the training. The floor is what training images in their place would score.
    """
    import numpy as np

    from prodimg_lib import metrics
    from prodimg_lib.data.images import subset

    n = min(N, len(data.test_images))
    extractor = metrics.FeatureExtractor(data.source)
    real = extractor.features(data.test_images[:n])
    rows = subset(data.labels, n, np.random.default_rng(seed))  # classes as even as in the test
    fake, probs = extractor(model.generate(n, seed=seed))
    precision, recall = metrics.precision_recall(real, fake)
    floor = metrics.frechet_distance(real, extractor.features(data.images[rows]))
    scores = {
        "fd_product": metrics.frechet_distance(real, fake),
        "fd_product_floor": floor,
        "class_accuracy": (probs.argmax(1) == model.labels_for(n)).mean(),
        "precision": precision,
        "recall": recall,
    }
    return rounded(scores), n


def of_reconstructions(model, data):
    """PSNR, SSIM and the bound in nats of held-out images, and the active units."""
    from prodimg_lib import metrics
    from prodimg_lib.models import latent

    n = min(N, len(data.test_images))
    images, labels = data.test_images[:n], data.test_labels[:n]
    rebuilt = model.reconstruct(images, labels)
    mean, _ = model.encode(images, labels)
    bound = model.importance_bound(images[:1000], labels[:1000], samples=1)
    scores = {
        "psnr": metrics.psnr(images, rebuilt, 255).mean(),
        "ssim": metrics.ssim(images, rebuilt, 255).mean(),
        "elbo_nats": bound.mean(),
        "active_units": latent.active_units(mean).sum(),
    }
    return rounded(scores)


def of_requests(model, data):
    """Shares of requests met where the latent does not help: the label alone can say the class.

    ``swapped``: codes of held-out photographs, each decoded as another class, drawn at random.
    ``standard``: draws of N(0, I), the classes in turn.
    """
    import numpy as np

    from prodimg_lib import metrics

    n = min(N, len(data.test_images))
    images, labels = data.test_images[:n], data.test_labels[:n]
    classes = model.config.num_classes
    others = (labels + np.random.default_rng(0).integers(1, classes, n)) % classes
    extractor = metrics.FeatureExtractor(data.source)

    def met(latents, wanted):
        seen = extractor.probabilities(model.decode(latents, wanted)).argmax(1)
        return (seen == wanted).mean()

    scores = {
        "class_accuracy_swapped": met(model.encode(images, labels)[0], others),
        "class_accuracy_standard": met(model.latents(n, 1), model.labels_for(n)),
    }
    return rounded(scores)


def rounded(scores):
    return {name: round(float(value), 4) for name, value in scores.items()}
