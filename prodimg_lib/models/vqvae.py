"""VQ-VAE: an autoencoder whose latents are codes out of a learned list (van den Oord 2017)."""

import keras
import numpy as np
import tensorflow as tf
from scipy.special import entr, ndtr

from prodimg_lib import elbo
from prodimg_lib.data.images import to_model
from prodimg_lib.errors import InputError
from prodimg_lib.models import inputs, networks, replicas
from prodimg_lib.models.autoencoder import Autoencoder
from prodimg_lib.models.code_prior import CodePrior
from prodimg_lib.models.config import VQVAEConfig
from prodimg_lib.seeds import step_seed
from prodimg_lib.tensors import precise

_SAMPLE_ROWS = 500


def nearest_codes(vectors, codebook):
    """Index of the nearest code, by Euclidean distance: [n, d], [codes, d] -> int32 [n]."""
    # Seen from the middle of the codes: far from 0 the digits that tell them apart would be lost.
    vectors, codebook = precise(vectors, codebook)
    middle = tf.reduce_mean(codebook, axis=0)
    vectors, codebook = vectors - middle, codebook - middle
    # |v|^2 is the same for all codes.
    distance = tf.reduce_sum(tf.square(codebook), 1) - 2.0 * tf.matmul(
        vectors, codebook, transpose_b=True
    )
    return tf.argmin(distance, axis=1, output_type=tf.int32)


def straight_through(z, codes):
    """The value of ``codes`` with the gradient of ``z``: choosing has none (Bengio et al. 2013)."""
    return z + tf.stop_gradient(codes - z)


def perplexity(share):
    """exp(entropy) of a distribution over codes [codes]: how many are in use, 1 to all."""
    return tf.exp(-tf.reduce_sum(tf.math.xlogy(share, share)))


@keras.saving.register_keras_serializable("prodimg")
class VQVAE(Autoencoder):
    """Convolutional VQ-VAE with its prior; with classes the prior is conditional on them.

    Args:
        config: a ``VQVAEConfig``, a dict of its fields, or nothing; fields may also be keywords.

    The encoder gives a vector for each place of a small grid, the nearest code replaces it, and the
    decoder sees codes only. ``fit`` trains all of it at once. The autoencoder descends -log p(x |
    codes), with one tracked noise level as in the ``VAE``, plus ``commitment`` times the squared
    distance of vectors and codes; the gradient passes straight through the choice. Codes are
    running averages of the vectors that chose them, and one that is hardly chosen starts again at
    a vector of the batch (Dhariwal et al. 2020). The prior descends -log p(codes); codes
    are whole numbers, so nothing of that reaches the encoder. q(codes | x) is certain, so its KL to
    the prior is -log p(codes), and reconstruction + kl is an upper bound on -log p(x), comparable
    with the VAE's.

    Attributes:
        encoder, decoder: ``keras.Model``; prior: ``CodePrior``.
        codebook: [codes, latent_dim]; usage: running share of each code.
    """

    Config = VQVAEConfig
    PANELS = (("loss",), ("kl",), ("perplexity",))
    WALKS = False
    FIGURES = ("loss", "reconstruction", "kl", "commitment", "perplexity", "sigma")

    def __init__(self, config=None, **settings):
        super().__init__(config, **settings)
        c = self.config
        shape = {"size": c.size, "channels": c.channels}
        shape |= {"latent_dim": c.latent_dim, "width": c.width}
        self.encoder = networks.code_encoder(**shape)
        self.decoder = networks.code_decoder(**shape)
        self.grid = tuple(self.encoder.output_shape[1:3])
        self.prior = CodePrior(
            self.grid[0] * self.grid[1], c.codes, c.prior_width, c.prior_depth, c.num_classes
        )
        self._add_log_sigma()
        # No code is in use yet, so the first step puts all of them at vectors of its batch.
        self.usage = self._state("usage", (c.codes,), "zeros")
        self.sums = self._state("sums", (c.codes, c.latent_dim), "zeros")
        self.codebook = self._state("codebook", (c.codes, c.latent_dim), "random_normal")
        self.built = True

    def _state(self, name, shape, initializer):
        return self.add_weight(name=name, shape=shape, initializer=initializer, trainable=False)

    @property
    def noise_dim(self):
        return self.prior.positions

    @property
    def sampler(self):
        return self._image

    def _image(self, inputs, training=False):
        codes = inputs[0] if isinstance(inputs, list) else inputs  # the decoder needs no label
        return self._decode(tf.gather(self.codebook.value, tf.convert_to_tensor(codes)), training)

    def _decode(self, vectors, training):
        grid = tf.reshape(vectors, [-1, *self.grid, self.config.latent_dim])
        return self.decoder(grid, training=training)

    def _encode(self, images, training):
        """Vectors [n, positions, latent_dim]."""
        z = self.encoder(images, training=training)
        return tf.reshape(z, [-1, self.prior.positions, self.config.latent_dim])

    def _quantise(self, z):
        """Vectors [n, positions, latent_dim] -> codes [n, positions] and their vectors."""
        flat = tf.reshape(tf.stop_gradient(z), [-1, self.config.latent_dim])
        codes = nearest_codes(flat, self.codebook.value)
        codes = tf.reshape(codes, [-1, self.prior.positions])
        return codes, tf.gather(self.codebook.value, codes)

    def _likelihood(self, images, vectors, training):
        output = self._decode(vectors, training)
        return elbo.reconstruction(images, (output, self.log_sigma.value), "sigma")

    def _commitment(self, z, vectors):
        """The pull of vectors to their codes, [n], on the scale of the squared error: both are
        divided by sigma^2, so their balance does not change as sigma does.
        """
        distance = tf.reduce_sum(tf.square(z - vectors), axis=[1, 2])
        return self.config.commitment * distance * tf.exp(-2.0 * self.log_sigma.value)

    def terms(self, images, labels, noise=None, training=False):
        """-log p(x | codes) and -log p(codes), [n] each; ``noise`` is not used, q is certain."""
        codes, vectors = self._quantise(self._encode(images, training))
        return self._likelihood(images, vectors, training), self.prior.nats(codes, labels)

    def train_step(self, data):
        images, labels = self._unpack(data)
        replicas.allow(self.config)
        with tf.GradientTape() as tape:
            z = self._encode(images, training=True)
            self._restart_codes(z)
            codes, vectors = self._quantise(z)
            reconstruction = self._likelihood(images, straight_through(z, vectors), training=True)
            commitment = self._commitment(z, vectors)
            kl = self.prior.nats(codes, labels)
            loss = tf.reduce_mean(reconstruction + commitment + kl)
        variables = self.trainable_variables
        replicas.descend(self.optimizer, tape.gradient(loss, variables), variables)
        share = self._average_codes(z, codes)
        self._track_sigma(reconstruction, images)
        self.step.assign_add(1)
        sigma = tf.exp(self.log_sigma.value)
        return self._report(loss, reconstruction, kl, commitment, perplexity(share), sigma)

    def _restart_codes(self, z):
        """Move codes that are hardly used to vectors of this batch, with an even share to lose."""
        c = self.config
        flat = tf.reshape(tf.stop_gradient(z), [-1, c.latent_dim])
        seed = step_seed(c.seed, self.step.value, "restarted codes")
        rows = tf.random.stateless_uniform([c.codes], seed, 0, tf.shape(flat)[0], tf.int32)
        fresh, even = tf.gather(flat, rows), 1.0 / c.codes
        idle = tf.logical_or(self.usage.value < c.restart_below * even, self.usage.value == 0.0)
        self.codebook.assign(tf.where(idle[:, None], fresh, self.codebook.value))
        self.sums.assign(tf.where(idle[:, None], fresh * even, self.sums.value))
        self.usage.assign(tf.where(idle, even, self.usage.value))

    def _average_codes(self, z, codes):
        """Move each code towards the mean of its vectors; returns the shares of this batch."""
        c = self.config
        flat = tf.reshape(tf.stop_gradient(z), [-1, c.latent_dim])
        chosen = tf.one_hot(tf.reshape(codes, [-1]), c.codes)
        places = tf.cast(tf.shape(flat)[0], tf.float32)
        share = tf.reduce_sum(chosen, axis=0) / places
        sums = tf.matmul(chosen, flat, transpose_a=True) / places
        for average, value in ((self.usage, share), (self.sums, sums)):
            average.assign(value + c.codebook_decay * (average.value - value))
        # Where decay is 0 and nothing chose a code there is nothing to divide; it stays.
        usage = self.usage.value[:, None]
        self.codebook.assign(
            tf.where(usage > 0, tf.math.divide_no_nan(self.sums.value, usage), self.codebook.value)
        )
        return share

    def test_step(self, data):
        images, labels = self._unpack(data)
        z = self._encode(images, training=False)
        codes, vectors = self._quantise(z)
        reconstruction = self._likelihood(images, vectors, training=False)
        kl, commitment = self.prior.nats(codes, labels), self._commitment(z, vectors)
        share = tf.reduce_mean(tf.one_hot(tf.reshape(codes, [-1]), self.config.codes), axis=0)
        sigma = tf.exp(self.log_sigma.value)
        loss = reconstruction + commitment + kl
        return self._report(loss, reconstruction, kl, commitment, perplexity(share), sigma)

    def latents(self, n, seed=0, truncation=None):
        """The float32 numbers [n, positions] behind ``generate``; ``place`` makes codes of them."""
        inputs.truncation(truncation)  # refused here; it acts in ``place``
        return super().latents(n, seed)

    def place(self, latents, labels, truncation=None):
        """Numbers of ``latents`` -> codes int32 [n, positions], drawn from the prior.

        ``truncation`` t keeps the most probable codes of each place, with as much probability as a
        normal distribution has within +-t: fewer odd images, less variety, as in other models.
        """
        mass = 1.0 if truncation is None else 1.0 - 2.0 * ndtr(-truncation)
        uniform = np.minimum(ndtr(latents.astype(float)), 1 - 1e-9)
        codes = []
        for rows in inputs.rows(len(uniform), _SAMPLE_ROWS):
            y = None if labels is None else labels[rows]
            codes.append(self.prior.sample(uniform[rows], y, mass))
        return np.concatenate(codes)

    def encode(self, images, labels=None, batch_size=256):
        """uint8 images [n, s, s, c] -> codes int32 [n, positions]; labels make no difference.

        Raises:
            InputError: images of another type or shape.
        """
        images = inputs.images(images, self.config)
        codes = []
        for rows in inputs.rows(len(images), batch_size):
            z = self._encode(to_model(images[rows]), training=False)
            codes.append(self._quantise(z)[0].numpy())
        return np.concatenate(codes)

    def decode(self, latents, labels=None, batch_size=256):
        """Codes int [n, positions] -> uint8 images; labels make no difference.

        Raises:
            InputError: another shape or type, or no code of this model.
        """
        codes = inputs.latents(latents, self.prior.positions, kind="i")
        if codes.min() < 0 or codes.max() >= self.config.codes:
            raise InputError(
                f"codes must lie in 0..{self.config.codes - 1}, got {codes.min()}..{codes.max()}"
            )
        return self._images(codes, None, batch_size)

    def reconstruct(self, images, labels=None):
        """uint8 images -> what the decoder makes of their codes, uint8."""
        return self.decode(self.encode(images))

    def latent_use(self, images, labels=None):
        codes = self.encode(images)
        share = np.bincount(codes.ravel(), minlength=self.config.codes) / codes.size
        used = float(np.exp(entr(share).sum()))  # the perplexity of the codes
        return {"codes_in_use": {"value": used, "n": len(codes), "d": self.config.codes}}
