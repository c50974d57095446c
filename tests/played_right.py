"""Right answers in unusual styles, written from the prompts alone: ``interview/test_played.py``."""

import itertools
import math

import keras
import numpy as np
import tensorflow as tf
from scipy import linalg, ndimage, spatial


def c01_log_add_exp(real_logits, fake_logits):
    zero = tf.zeros_like
    real = tf.reduce_logsumexp(tf.stack([zero(real_logits), -real_logits]), axis=0)
    fake = tf.reduce_logsumexp(tf.stack([zero(fake_logits), fake_logits]), axis=0)
    return tf.math.divide(tf.reduce_sum(real), len(real_logits)) + tf.reduce_mean(fake)


def c02_cross_entropy_of_keras_ops(fake_logits):
    ones = keras.ops.ones_like(fake_logits)
    return keras.ops.mean(keras.ops.binary_crossentropy(ones, fake_logits, from_logits=True))


def c03_loop_of_floats(p, q):
    d, total = [], 0.0
    for a, b in zip(np.ravel(p).tolist(), np.ravel(q).tolist(), strict=True):
        d.append(a / (a + b) if a + b else 0.5)
        for part in (a, b):
            total += 0.5 * part * math.log(2 * part / (a + b)) if part else 0.0
    return np.array(d), total


def c04_relu_layers(real_logits, fake_logits):
    relu = keras.layers.ReLU()
    d = tf.add_n([tf.reduce_mean(relu(1 - real_logits)), tf.reduce_mean(relu(1 + fake_logits))])
    return [d, tf.negative(tf.reduce_mean(fake_logits))]


def c05_nested_tape_and_linspace(critic, real, fake, seed):
    generator = tf.random.Generator.from_seed(seed)
    share = generator.uniform((tf.shape(real)[0],))[:, None, None, None]
    points = tf.Variable(share * real + (1 - share) * fake)
    with tf.GradientTape() as tape:
        scores = tf.unstack(critic(points))
    slopes = tape.gradient(scores, points)
    flat = keras.ops.reshape(slopes, (len(real), -1))
    return tf.math.reduce_mean((tf.linalg.norm(flat, axis=-1) - 1) ** 2)


def c06_tf_gradients_of_each_image(discriminator, real, fake, gamma):
    total = 0.0
    for image in tf.unstack(real):
        with tf.GradientTape() as tape:
            tape.watch(image)
            logit = discriminator(image[None])[0, 0]
        total += tf.nn.l2_loss(tape.gradient(logit, image))
    return gamma * total / len(real)


def c08_ops_of_keras(mu, logvar, eps):
    return keras.ops.add(mu, keras.ops.sqrt(keras.ops.exp(logvar)) * eps)


def c09_by_matrix_product(mu, logvar):
    terms = mu * mu + tf.math.expm1(logvar) - logvar
    return tf.linalg.matvec(terms, tf.fill([mu.shape[1]], 0.5))


def c10_entropy_and_energies(x, mu, logvar):
    var = tf.exp(logvar)
    energies = 0.5 * ((x - mu) ** 2 + var) + 0.5 * (mu**2 + var) + math.log(2 * math.pi)
    return 0.5 * (logvar + math.log(2 * math.pi) + 1) - energies


def c11_einsum(x, x_hat, mu, logvar, beta=1.0):
    gap = tf.cast(x - x_hat, tf.float64)
    error = tf.einsum("bhwc,bhwc->b", gap, gap) / 2
    m, s = (tf.cast(a, tf.float64) for a in (mu, logvar))
    kl = tf.einsum("bd->b", m**2 - s + tf.exp(s)) / 2 - mu.shape[1] / 2
    return tf.cast(tf.reduce_mean(error + beta * kl), tf.float32)


def c12_where(kl_per_dim, lam):
    means = tf.reduce_mean(tf.transpose(kl_per_dim), axis=1)
    return tf.reduce_sum(tf.where(means > lam, means, lam * tf.ones_like(means)))


def c15_without_round(x):
    levels = np.floor((np.asarray(x, np.float64) + 1) * 127.5 + 0.5)
    return np.minimum(np.maximum(levels, 0), 255).astype(np.ubyte)


def c17_norm(a, b, data_range):
    gap = np.subtract(a, b, dtype="float64")
    if not gap.any():
        return math.inf
    return 20 * math.log10(data_range * math.sqrt(gap.size) / np.linalg.norm(gap))


def c18_ndimage(a, b, data_range):
    a, b = np.asarray(a, float), np.asarray(b, float)

    def blur(x):
        return ndimage.gaussian_filter(x, 1.5, truncate=5 / 1.5)[5:-5, 5:-5]

    ma, mb = blur(a), blur(b)
    va, vb, cov = blur(a * a) - ma**2, blur(b * b) - mb**2, blur(a * b) - ma * mb
    one, two = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    index = (2 * ma * mb + one) * (2 * cov + two) / (ma**2 + mb**2 + one) / (va + vb + two)
    return index.mean().item()


def c19_entropies(p):
    p = np.asarray(p, float)

    def entropy(row):
        row = row[row > 0]
        return -float(row @ np.log(row))

    return math.exp(entropy(p.mean(axis=0)) - sum(map(entropy, p)) / len(p))


def c20_square_root_of_scipy(mu1, sigma1, mu2, sigma2):
    root = np.real(linalg.sqrtm(sigma1))
    inner = root @ sigma2 @ root
    crossed = np.sqrt(np.clip(np.linalg.eigvalsh((inner + inner.T) / 2), 0, None)).sum()
    return np.sum(np.square(mu1 - mu2)) + np.trace(sigma1) + np.trace(sigma2) - 2 * crossed


def c21_double_loop(x, y):
    def k(a, b):
        return (float(np.dot(a, b)) / len(a) + 1) ** 3

    own = [np.mean([k(a, b) for a, b in itertools.permutations(s, 2)]) for s in (x, y)]
    return own[0] + own[1] - 2 * np.mean([[k(a, b) for b in y] for a in x])


def c22_trees(real, fake, k):
    def share(points, centres):
        radius = spatial.KDTree(centres).query(centres, k=[k + 1])[0][:, 0]
        distance = spatial.distance.cdist(points, centres)
        return np.any(distance <= radius * (1 + 1e-12), axis=1).mean()

    return share(fake, real), share(real, fake)


def c23_pdist(features):
    return float(np.mean(spatial.distance.pdist(features)))


def c24_rotation_in_a_plane(a, b, t):
    a, b = np.asarray(a, float), np.asarray(b, float)
    length = np.linalg.norm(a)
    side = b - a * (a @ b) / (a @ a)
    if np.linalg.norm(side) < 1e-9 * length:
        return a + t * (b - a)
    side *= length / np.linalg.norm(side)
    angle = math.atan2(b @ side, a @ b) * t
    return a * math.cos(angle) + side * math.sin(angle)


def c25_in_place_on_copies(average, weights, decay):
    moved = [np.array(a, copy=True) for a in average]
    for a, w in zip(moved, weights, strict=True):
        a -= (1 - decay) * (a - w)
    return moved


def c26_moments(x):
    _, variance = tf.nn.moments(x, axes=[0])
    mean = tf.reduce_mean(tf.math.sqrt(variance + 1e-10))
    plane = tf.zeros_like(x[..., -1:]) + mean
    return keras.layers.Concatenate()([x, plane])


def c28_trees(fake, train, held_out):
    own, other = (spatial.KDTree(points).query(fake)[0] for points in (train, held_out))
    return 0.5 + 0.5 * float(np.sign(other - own).mean())


def c29_one_image_at_a_time(x0, t, eps, alpha_bar):
    rows = []
    for image, step, noise in zip(
        tf.unstack(x0), np.asarray(t).tolist(), tf.unstack(eps), strict=True
    ):
        left = float(np.asarray(alpha_bar)[step])
        rows.append(left**0.5 * image + (1 - left) ** 0.5 * noise)
    return tf.stack(rows)


def c30_by_the_clean_image(x, eps, alpha_bar, alpha_bar_next, eta, noise):
    result = np.empty(x.shape)
    for i, (a, b) in enumerate(zip(alpha_bar.astype(float), alpha_bar_next.astype(float))):  # noqa: B905
        clean = (x[i] - math.sqrt(1 - a) * eps[i]) / math.sqrt(a)
        variance = eta**2 * (1 - b) / (1 - a) * (1 - a / b)
        result[i] = math.sqrt(b) * clean
        result[i] += math.sqrt(max(1 - b - variance, 0)) * eps[i] + math.sqrt(variance) * noise[i]
    return result


def c31_list_of_images(conditional, unconditional, scale, rescale):
    images = []
    for c, u, s in zip(conditional, unconditional, scale, strict=True):
        g = (1 - s) * u + s * c
        images.append(g * (1 - rescale + rescale * c.std() / g.std()))
    return np.asarray(images)


def c32_mean_squared_error(model, images, noise, t):
    share = tf.reshape(t, (-1, 1, 1, 1))
    guess = model(noise + share * (images - noise), t)
    return tf.reduce_mean(tf.math.squared_difference(guess, images - noise))


def c33_layer_with_a_call(dense, rank, alpha):
    class Adapted(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            dense.trainable = False
            self.frozen = dense
            d_in, d_out = dense.kernel.shape
            self.a = self.add_weight(shape=(d_in, rank), initializer="glorot_normal")
            self.b = self.add_weight(shape=(rank, d_out), initializer="zeros")

        def call(self, x):
            return self.frozen(x) + keras.ops.matmul(x, self.a @ self.b) * (alpha / rank)

    layer = Adapted()
    layer.build((None, dense.kernel.shape[0]))
    return layer


def c34_einsum_of_numpy(q, k, v, heads, visible):
    (batch, n, d), m = q.shape, k.shape[1]
    q, k, v = (x.astype("f8").reshape(batch, -1, heads, d // heads) for x in (q, k, v))
    scores = np.einsum("bnhc,bmhc->bhnm", q, k) / np.sqrt(d // heads)
    scores[~np.broadcast_to(visible[:, None, None], (batch, heads, n, m))] = -np.inf
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    return np.einsum("bhnm,bmhc->bnhc", weights, v).reshape(batch, n, d)


def c35_two_gradients(encoder, decoder, optimizer, images, eps, beta):
    weights = [*encoder.trainable_weights, *decoder.trainable_weights]
    with tf.GradientTape() as tape:
        mu, logvar = tf.split(encoder(images, training=True), 2, axis=-1)
        drawn = decoder(mu + eps * tf.exp(logvar / 2), training=True)
        error = tf.reduce_mean(tf.reduce_sum((images - drawn) ** 2, axis=-1)) / 2
        kl = tf.reduce_mean(tf.reduce_sum(mu**2 + tf.math.expm1(logvar) - logvar, axis=-1)) / 2
        loss = error + beta * kl
    optimizer.apply_gradients(list(zip(tape.gradient(loss, weights), weights, strict=True)))
    return loss, error, kl


def b06_log_sigmoid(real_logits, fake_logits):
    real, fake = tf.math.log_sigmoid(real_logits), tf.math.log_sigmoid(-fake_logits)
    return -(tf.reduce_mean(real) + tf.reduce_mean(fake))


def b16_one_network(generator, discriminator, z):
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([weight.value for weight in generator.trainable_variables])
        logits = discriminator(generator(z))
        loss = -tf.reduce_mean(tf.math.log_sigmoid(logits))
    return tape.gradient(loss, generator.trainable_variables)


def b26_by_hand(real_scores, fake_scores):
    real = tf.nn.relu(-real_scores) + tf.math.log1p(tf.exp(-tf.abs(real_scores)))
    return tf.reduce_mean(real) + tf.reduce_mean(tf.nn.softplus(fake_scores))


def b36_shuffled_and_cached(images, augment):
    data = tf.data.Dataset.from_tensor_slices(images).cache()
    return data.map(augment, num_parallel_calls=2, deterministic=True).prefetch(1)
