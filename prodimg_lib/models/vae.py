"""VAE: an encoder and a decoder trained on the evidence lower bound (Kingma & Welling 2014)."""

import warnings
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from prodimg_lib import elbo, likelihoods
from prodimg_lib.data.images import to_model, to_uint8
from prodimg_lib.models import conditioning, inputs, latent_prior, networks, replicas
from prodimg_lib.models.autoencoder import EVALUATION_STREAM, Autoencoder
from prodimg_lib.models.base import with_labels
from prodimg_lib.models.between import told_of_shares
from prodimg_lib.models.config import VAEConfig
from prodimg_lib.models.latent import active_units
from prodimg_lib.models.layers import reparametrise, step_noise
from prodimg_lib.seeds import key

PRIOR_IMAGES = 5000  # for the sampling prior: 500 a class where there are ten


@keras.saving.register_keras_serializable("prodimg")
class VAE(Autoencoder):
    """Convolutional variational autoencoder, conditional on class or not.

    Args:
        config: a ``VAEConfig``, a dict of its fields, or nothing; fields may also be keywords.

    ``fit`` takes float images in [-1, 1], or (images, labels) if ``num_classes > 0``. The loss is
    the mean over the batch of reconstruction + beta * KL, each summed over its dimensions, in nats
    per image. With likelihood ``sigma`` one noise level for all pixels is learned (sigma-VAE,
    Rybkin et al. 2021), which sets the balance of the two terms from the data. The best level has
    a closed form, sigma^2 = the mean squared error, so it is tracked rather than descended to. The
    Bernoulli families see the images on [0, 1], and their nats are those of a density there.

    The bound leaves open whether the class stands in the label or in the code, so a conditional
    model descends on loss + match_weight * match + request_weight * request, of ``conditioning``.
    *Match* is how far the codes of each class are from N(0, I). *Request* is the cross-entropy, in
    nats, between labels drawn at random and what the model's own ``classifier`` sees in images
    decoded with them, half from codes of the batch and half from draws of N(0, I); the classifier
    learns from the photographs alone, and the term moves the decoder alone. Both see a quarter of
    each batch. ``loss`` stays that of the bound; terms that have a weight are reported beside it.

    ``generate`` draws latents from a prior that ``fit`` fits to where the images lie when it ends
    (see ``fit_prior``); before that, from N(0, I).

    Attributes:
        encoder: ``keras.Model``, image -> mean and log variance of q(z | x).
        decoder: ``keras.Model``, latent -> image mean; logits for the Bernoulli families.
        classifier: ``keras.Model``, image -> class logits; None if ``request_weight`` is 0.
        log_sigma: log standard deviation of a pixel, in units of the [-1, 1] range.
    """

    Config = VAEConfig
    PANELS = (("loss",), ("kl",))
    FIGURES = ("loss", "reconstruction", "kl", "sigma")

    def __init__(self, config=None, **settings):
        super().__init__(config, **settings)
        c = self.config
        shape = {"size": c.size, "channels": c.channels, "num_classes": c.num_classes}
        shape |= {"latent_dim": c.latent_dim, "width": c.width}
        shape |= {"conditioning": c.conditioning, "activation": c.activation}
        self.encoder = networks.encoder(**shape)
        self.decoder = networks.decoder(logits=likelihoods.uses_logits(c.likelihood), **shape)
        self.classifier: Any = None
        weights = {"match": c.match_weight, "request": c.request_weight}
        self.label_weights = {name: weight for name, weight in weights.items() if weight}
        self._means += [keras.metrics.Mean(name) for name in self.label_weights]
        if c.request_weight:
            self.classifier = networks.classifier(c.size, c.channels, c.width, c.num_classes)
        self._add_log_sigma(np.log(c.sigma or 1.0))
        mixture, d = (max(1, c.num_classes), c.prior_components), c.latent_dim
        self.prior_weight = self._constant("prior_weight", np.full(mixture, 1 / mixture[1]))
        self.prior_mean = self._constant("prior_mean", np.zeros((*mixture, d)))
        self.prior_scale = self._constant("prior_scale", np.tile(np.eye(d), (*mixture, 1, 1)))
        self.built = True

    def _constant(self, name, value):
        initializer = keras.initializers.Constant(value)
        return self.add_weight(
            name=name, shape=value.shape, initializer=initializer, trainable=False
        )

    @property
    def sampler(self):
        return self._mean_image

    def _mean_image(self, inputs, training=False):
        return likelihoods.mean(self.decoder(inputs, training=training), self.config.likelihood)

    def terms(self, images, labels, noise, training=False):
        """Reconstruction and KL for each image, both [n], from one reparametrised draw.

        Args:
            images: float [n, size, size, channels] in [-1, 1].
            labels: int [n], or None for an unconditional model.
            noise: standard normal [n, latent_dim].
        """
        reconstruction, kl, _ = self._terms(images, labels, noise, training)
        return reconstruction, tf.reduce_sum(kl, axis=1)

    def _terms(self, images, labels, noise, training=False):
        """Reconstruction [n], KL of each dimension and codes drawn, both [n, latent_dim]."""
        mean, log_var = self.encoder(with_labels(images, labels), training=training)
        codes = reparametrise(mean, log_var, noise)
        reconstruction = self._reconstruction(images, labels, codes, training)
        return reconstruction, elbo.kl_per_dimension(mean, log_var), codes

    def _reconstruction(self, images, labels, z, training):
        """-log p(x | z), [n]."""
        output = self.decoder(with_labels(z, labels), training=training)
        if likelihoods.uses_logits(self.config.likelihood):
            return elbo.reconstruction(0.5 * (images + 1.0), output, self.config.likelihood)
        return elbo.reconstruction(images, (output, self.log_sigma.value), "sigma")

    def log_weights(self, images, labels, noise, training=False):
        """log p(x, z) - log q(z | x) for several draws z of each image, for importance bounds.

        Args:
            images, labels: as for ``terms``.
            noise: standard normal [n * k, latent_dim], k draws in a row for each image.

        Returns:
            log weights, -log p(x | z) and log q(z | x) - log p(z), each [n, k].
        """
        return self._log_weights(images, labels, noise, training)[:3]

    def _log_weights(self, images, labels, noise, training=False):
        """The three of ``log_weights``, and the codes drawn, [n * k, latent_dim]."""
        mean, log_var = self.encoder(with_labels(images, labels), training=training)
        n = tf.shape(images)[0]
        k = tf.shape(noise)[0] // n
        # Everything once for each draw.
        mean, log_var, images = (tf.repeat(a, k, axis=0) for a in (mean, log_var, images))
        labels = None if labels is None else tf.repeat(labels, k, axis=0)
        z = reparametrise(mean, log_var, noise)
        reconstruction = self._reconstruction(images, labels, z, training)
        rate = elbo.normal_log_prob(z, mean, log_var) - elbo.normal_log_prob(
            z, tf.zeros_like(z), tf.zeros_like(z)
        )
        three = (-reconstruction - rate, reconstruction, rate)
        return *(tf.reshape(a, [n, k]) for a in three), z

    def _noise(self, images, step, stream="latents", samples=1):
        shape = [samples * tf.shape(images)[0], self.config.latent_dim]
        return step_noise(shape, self.config.seed, step, stream)

    def _beta(self):
        """The weight of the KL at this step."""
        c = self.config
        if c.kl_warmup == 0:
            return c.beta
        step = tf.cast(self.step.value, tf.float32)
        return c.beta * tf.minimum(1.0, step / c.kl_warmup)

    def objective(self, images, labels):
        """What a training step descends, the two terms to report, each [n], and codes [n, d]."""
        c = self.config
        noise = self._noise(images, self.step.value, samples=c.importance_samples)
        if c.importance_samples > 1:
            weights, *terms, codes = self._log_weights(images, labels, noise, training=True)
            # The gradient weighs the draws like this, so the terms are reported like this.
            share = tf.stop_gradient(tf.nn.softmax(weights))
            terms = (tf.reduce_sum(share * term, axis=1) for term in terms)
            return -elbo.importance_bound(weights), *terms, codes[:: c.importance_samples]
        reconstruction, each, codes = self._terms(images, labels, noise, training=True)
        kl = charged = tf.reduce_sum(each, axis=1)
        if c.free_bits:
            average = replicas.mean(tf.reduce_mean(each, axis=0))
            charged = elbo.free_bits(each, c.free_bits, average)
        return reconstruction + self._beta() * charged, reconstruction, kl, codes

    def label_terms(self, codes, labels, step, stream="requests"):
        """The match term for each image [n] and the request term for some; those with a weight.

        Args:
            codes: [n, latent_dim], draws of q(z | x); labels: int [n].
            step, stream: of the random draws.
        """
        c = self.config
        terms: dict[str, Any] = {}
        if "match" in self.label_weights:
            terms["match"] = conditioning.mismatch(codes, labels)
        if "request" in self.label_weights:
            codes = conditioning.some(codes)
            draws = self._noise(codes, step, f"{stream}, draws")
            seeds = c.seed, step, stream
            z, wanted = conditioning.draw_requests(codes, draws, c.num_classes, *seeds)
            seen = self.classifier(self._mean_image([z, wanted], training=True))
            terms["request"] = conditioning.nats_missed(seen, wanted)
        return terms

    def train_step(self, data):
        images, labels = self._unpack(data)
        with tf.GradientTape(persistent=self.classifier is not None) as tape:
            objective, *terms, codes = self.objective(images, labels)
            loss = total = tf.reduce_mean(objective)
            more = self.label_terms(codes, labels, self.step.value)
            for name, term in more.items():
                total += self.label_weights[name] * tf.reduce_mean(term)
            if self.classifier:
                shown, classes = conditioning.some(images), conditioning.some(labels)
                lesson = conditioning.nats_missed(self.classifier(shown), classes)
                lesson = tf.reduce_mean(lesson)
        variables = self.encoder.trainable_variables + self.decoder.trainable_variables
        gradients = tape.gradient(total, variables)
        if self.classifier:
            # Photographs alone teach it: what the decoder makes must not move its judge.
            learning = self.classifier.trainable_variables
            gradients += tape.gradient(lesson, learning)
            variables += learning
        replicas.descend(self.optimizer, gradients, variables)
        if self.config.likelihood == "sigma":
            self._track_sigma(terms[0], images)
        self.step.assign_add(1)
        return self._report(loss, *terms, tf.exp(self.log_sigma.value), *more.values())

    def test_step(self, data):
        """Reports the loss without warm-up, free bits or importance samples."""
        images, labels = self._unpack(data)
        noise = self._noise(images, self.step.value, EVALUATION_STREAM)
        reconstruction, kl, codes = self._terms(images, labels, noise)
        kl = tf.reduce_sum(kl, axis=1)
        loss = reconstruction + self.config.beta * kl
        more = self.label_terms(codes, labels, self.step.value, "requests of evaluation")
        return self._report(loss, reconstruction, kl, tf.exp(self.log_sigma.value), *more.values())

    def fit(self, x=None, y=None, *args, **options):
        """As ``keras.Model.fit``; then ``fit_prior`` on some thousand of these images.

        Of a generator, which cannot be read twice, the prior is not fitted, with a warning.

        Raises:
            InputError: see ``GenerativeModel.fit``.
        """
        history = super().fit(x, y, *args, **options)
        images, labels = inputs.some(x, y, PRIOR_IMAGES)
        if images is None:
            warnings.warn(
                "generate still draws from N(0, I): what fit was given cannot be read twice; call "
                "fit_prior(images) with training images",
                stacklevel=2,
            )
        else:
            self.after_training(images, labels)
        return history

    def after_training(self, images, labels):
        self.fit_prior(images, labels if self.conditional else None)

    def importance_bound(self, images, labels=None, samples=50, seed=0):
        """Lower bound on log p(x) from so many draws (Burda et al. 2016); with one, the ELBO.

        Args:
            images: uint8 [n, size, size, channels]; labels: int [n] for a conditional model.

        Returns:
            float32 [n], nats of the likelihood's own density. In expectation it rises with
            ``samples`` towards log p(x).

        Raises:
            InputError: images or labels of another type, shape or range, samples < 1.
        """
        images = inputs.images(images, self.config)
        labels = inputs.labels(labels, len(images), self.config)
        samples, seed = inputs.whole("samples", samples, 1), inputs.whole("seed", seed, 0)
        rng = np.random.default_rng(seed)
        bounds = []
        for rows in inputs.rows(len(images), max(1, 1000 // samples)):
            x = tf.constant(to_model(images[rows]))
            y = None if labels is None else tf.constant(labels[rows])
            noise = rng.standard_normal((len(x) * samples, self.config.latent_dim), np.float32)
            bounds.append(elbo.importance_bound(self.log_weights(x, y, noise)[0]).numpy())
        return np.concatenate(bounds)

    def fit_prior(self, images, labels=None):
        """Fit the distribution that ``generate`` draws latents from to where the data really lie.

        A mixture of ``prior_components`` normals per class (or in all), with full covariances,
        fitted to the aggregate posterior; see ``latent_prior``. The decoder and the bound do not
        change.

        Args:
            images: uint8 training images [n, size, size, channels]; a few thousand are enough.
            labels: int [n] for a conditional model. A class with fewer than two images keeps
                N(0, I).

        Raises:
            InputError: as ``encode``.
        """
        mean, log_var = self.encode(images, labels)
        labels = inputs.labels(labels, len(mean), self.config)
        group = np.zeros(len(mean), int) if labels is None else labels
        variables = self.prior_weight, self.prior_mean, self.prior_scale
        values = [variable.numpy() for variable in variables]
        for i in np.unique(group):
            m, v = mean[group == i], np.exp(log_var[group == i])
            if len(m) < 2:
                continue
            seed = key(self.config.seed, f"prior of class {i}")
            fitted = latent_prior.fit_mixture(m, v, self.config.prior_components, seed)
            for value, new in zip(values, fitted, strict=True):
                value[i] = new
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)

    def place(self, latents, labels, truncation=None):
        group = np.zeros(len(latents), int) if labels is None else labels
        variables = self.prior_weight, self.prior_mean, self.prior_scale
        weights, means, scales = (variable.numpy() for variable in variables)
        placed = latent_prior.place(latents, group, weights, means, scales, truncation)
        return placed.astype("float32")

    def decode_mixed(self, latents, shares):
        output = told_of_shares(self.decoder)([latents, shares])
        return to_uint8(np.asarray(likelihoods.mean(output, self.config.likelihood)))

    def encode(self, images, labels=None, batch_size=256):
        """uint8 images [n, s, s, c] -> mean and log_var of q(z | x), each [n, latent_dim].

        Raises:
            InputError: images or labels of another type, shape or range, or labels missing.
        """
        images = inputs.images(images, self.config)
        labels = inputs.labels(labels, len(images), self.config)
        parts = []
        for rows in inputs.rows(len(images), batch_size):
            x = with_labels(to_model(images[rows]), None if labels is None else labels[rows])
            parts.append([np.asarray(part) for part in self.encoder(x, training=False)])
        mean, log_var = (np.concatenate(part) for part in zip(*parts, strict=True))
        return mean, log_var

    def reconstruct(self, images, labels=None):
        """uint8 images -> their reconstructions from the mean of q(z | x), uint8."""
        return self.decode(self.encode(images, labels)[0], labels)

    def latent_use(self, images, labels=None):
        mean, log_var = self.encode(images, labels)
        active = int(active_units(mean).sum())
        kl = elbo.kl_per_dimension(mean, log_var).numpy().mean(0).tolist()
        facts = {"value": active, "n": len(mean), "d": self.config.latent_dim}
        return {"active_units": facts | {"kl_per_dimension": kl}}
