"""Scores of generated photographs: distances and shares on features, each with error and floor.

Errors are standard errors by resampling (``half_sample_error``); twice that on either side is an
interval of about 95 %. Floors are real training images in place of generated ones, at the same n.
"""

import numpy as np

from prodimg_lib import metrics
from prodimg_lib.errors import InputError
from prodimg_lib.metrics.diversity import chance_nearer
from prodimg_lib.metrics.uncertainty import binomial_error, half_sample_error

_SHARES = ("precision", "recall", "density", "coverage")


def kernel(x, y):
    """Kernel distance of all rows at once: the estimate of least variance."""
    return metrics.kernel_distance(x, y, 1, max(len(x), len(y)))[0]


def neighbourhoods(real, fake):
    """Precision, recall, density, coverage [4]."""
    return np.array([*metrics.precision_recall(real, fake), *metrics.density_coverage(real, fake)])


class Judge:
    """One extractor, and what it says of a data set.

    Args:
        extractor: an ``Extractor``.
        data: ``ProductImages``; generated images are compared with its held-out ones.
        in_domain: whether the extractor's classes are those of the data. If not, the class of an
            image is what a ridge regression on the training images' features says.
        limit: at most so many held-out images.
    """

    def __init__(self, extractor, data, in_domain, limit=None):
        self.extractor, self.in_domain = extractor, in_domain
        self.train = extractor.features(data.images, cache=True)
        if not in_domain:
            self.classify = ridge_classifier(self.train, data.labels)
        self.real, self.seen = self._look(data.test_images[:limit])
        self.labels = data.test_labels[:limit]

    @property
    def n(self):
        """How many generated images it compares with as many held-out ones."""
        return len(self.real)

    def _look(self, images):
        """Features [n, d] of images and the class seen in each, [n]."""
        features, probs = self.extractor(images, cache=True)
        return features, probs.argmax(1) if self.in_domain else self.classify(features)

    def floor(self):
        """``{name: score}`` of as many training images in place of generated ones."""
        rows = np.random.default_rng(0).permutation(len(self.train))[: self.n]
        found = {name: value for name, (value, _) in self._compare(self.train[rows]).items()}
        # One held-out image against another is as often nearer as not.
        return found | {
            "memorisation": 0.5,
            "class_agreement": float((self.seen == self.labels).mean()),
        }

    def scores(self, images, requests=None):
        """``{name: [value, standard error]}`` of n images [n, h, w, c], asked for by class or not.

        Raises:
            InputError: another number of images than it compares with.
        """
        if len(images) != self.n:
            raise InputError(f"{len(images)} images: expected {self.n}, as many as are held out")
        fake, seen = self._look(images)
        found = self._compare(fake)
        near, usual = (metrics.nearest_distances(x, self.train) for x in (fake, self.real))
        found["memorisation"] = _measured(chance_nearer, near, usual)
        if requests is not None:
            share = float((seen == requests).mean())
            found["class_agreement"] = [share, binomial_error(share, self.n)]
        return found

    def _compare(self, fake):
        found = {"kernel_distance": _measured(kernel, self.real, fake, smooth=True)}
        if self.extractor.dim < self.n:  # else a Fréchet distance is mostly bias
            found["fd_product"] = _measured(metrics.frechet_distance, self.real, fake, smooth=True)
        shares = neighbourhoods(self.real, fake)
        errors = half_sample_error(neighbourhoods, self.real, fake)
        for name, share, error in zip(_SHARES, shares, errors, strict=True):
            if name != "density":  # halves that agree in 0 or 1 are no reason to be sure of it
                error = max(error, binomial_error(share, self.n))
            found[name] = [float(share), float(error)]
        return found


def _measured(statistic, *samples, smooth=False):
    return [float(statistic(*samples)), half_sample_error(statistic, *samples, smooth=smooth)]


def ridge_classifier(features, labels, strength=1.0):
    """Features [m, d] -> class indices [m], by ridge regression to one-hot labels.

    Args:
        features: [n, d] to learn from, with labels [n].
        strength: of the penalty, in units of n times the mean variance of a feature.
    """
    mean = features.mean(0)
    x = features - mean
    targets = np.eye(labels.max() + 1)[labels]
    share = targets.mean(0)
    gram = x.T @ x
    gram[np.diag_indices(len(gram))] += strength * np.trace(gram) / len(gram)
    weights = np.linalg.solve(gram, x.T @ (targets - share))
    return lambda other: ((other - mean) @ weights + share).argmax(1)
