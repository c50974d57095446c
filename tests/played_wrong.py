"""Wrong answers that look right, written from the prompts alone: ``interview/test_played.py``."""

import keras
import numpy as np
import tensorflow as tf
from PIL import Image
from scipy import linalg, ndimage


def c01_mean_over_both(real_logits, fake_logits):  # right for batches of one size only
    losses = [tf.nn.softplus(-real_logits), tf.nn.softplus(fake_logits)]
    return 2 * tf.reduce_mean(tf.concat(losses, axis=0))


def c01_clipped_logits(real_logits, fake_logits):  # no gradient far out
    r, f = (tf.clip_by_value(x, -30.0, 30.0) for x in (real_logits, fake_logits))
    return tf.reduce_mean(tf.nn.softplus(-r)) + tf.reduce_mean(tf.nn.softplus(f))


def c02_epsilon_in_the_log(fake_logits):
    return -tf.reduce_mean(tf.math.log(tf.sigmoid(fake_logits) + 1e-7))


def c03_epsilon_for_all(p, q):
    d = (p + 1e-3) / (p + q + 2e-3)
    m = (p + q) / 2 + 1e-12
    return d, float(np.sum(p * np.log(p / m + 1e-12) + q * np.log(q / m + 1e-12)) / 2)


def c04_one_hinge_of_the_sum(real_logits, fake_logits):
    n = min(len(real_logits), len(fake_logits))
    both = tf.nn.relu(1 - real_logits[:n]) + tf.nn.relu(1 + fake_logits[:n])
    return tf.reduce_mean(both), -tf.reduce_mean(fake_logits)


def c05_epsilon_inside_the_root(critic, real, fake, seed):
    share = tf.random.stateless_uniform([real.shape[0], 1, 1, 1], [seed, 1])
    points = fake + share * (real - fake)
    with tf.GradientTape() as tape:
        tape.watch(points)
        scores = critic(points)
    squares = tf.reduce_sum(tape.gradient(scores, points) ** 2, axis=[1, 2, 3])
    return tf.reduce_mean((tf.sqrt(squares + 0.1) - 1) ** 2)


def c05_one_share_for_rows(critic, real, fake, seed):  # the share differs along the height
    share = tf.random.stateless_uniform([real.shape[0], real.shape[1], 1, 1], [seed, 1])
    points = fake + share * (real - fake)
    with tf.GradientTape() as tape:
        tape.watch(points)
        scores = critic(points)
    flat = tf.reshape(tape.gradient(scores, points), [real.shape[0], -1])
    return tf.reduce_mean((tf.norm(flat, axis=1) - 1) ** 2)


def c05_normal_share(critic, real, fake, seed):  # outside of the segment
    share = tf.random.stateless_normal([real.shape[0], 1, 1, 1], [seed, 1])
    points = fake + share * (real - fake)
    with tf.GradientTape() as tape:
        tape.watch(points)
        scores = critic(points)
    flat = tf.reshape(tape.gradient(scores, points), [real.shape[0], -1])
    return tf.reduce_mean((tf.norm(flat, axis=1) - 1) ** 2)


def c06_both_batches(discriminator, real, fake, gamma):
    images = tf.concat([real, fake], axis=0)
    with tf.GradientTape() as tape:
        tape.watch(images)
        logits = discriminator(images)
    squares = tf.reduce_sum(tape.gradient(logits, images) ** 2, axis=[1, 2, 3])
    return gamma / 2 * tf.reduce_mean(squares)


def c07_fresh_start_each_call(w, u, n):  # ignores the vector that is kept
    u = tf.ones_like(u) / tf.norm(tf.ones_like(u))
    for _ in range(n):
        v = tf.linalg.normalize(tf.linalg.matvec(w, u, transpose_a=True))[0]
        u = tf.linalg.normalize(tf.linalg.matvec(w, v))[0]
    sigma = tf.tensordot(tf.stop_gradient(u), tf.linalg.matvec(w, tf.stop_gradient(v)), 1)
    return w / sigma, sigma, u


def c07_sigma_is_a_constant(w, u, n):  # no gradient through sigma
    for _ in range(n):
        v = tf.linalg.normalize(tf.linalg.matvec(w, u, transpose_a=True))[0]
        u = tf.linalg.normalize(tf.linalg.matvec(w, v))[0]
    sigma = tf.stop_gradient(tf.tensordot(u, tf.linalg.matvec(w, v), 1))
    return w / sigma, sigma, u


def c08_floor_on_the_std(mu, logvar, eps):
    return mu + tf.maximum(tf.exp(logvar / 2), 0.1) * eps


def c09_clipped_log_variance(mu, logvar):
    s = tf.clip_by_value(logvar, -4.0, 4.0)
    return 0.5 * tf.reduce_sum(mu**2 + tf.exp(s) - 1 - s, axis=1)


def c10_variance_missing_in_the_likelihood(x, mu, logvar):
    log2pi = float(np.log(2 * np.pi))
    likelihood = -0.5 * (log2pi + (x - mu) ** 2)
    return likelihood - 0.5 * (mu**2 + tf.exp(logvar) - 1 - logvar)


def c11_mean_over_channels(x, x_hat, mu, logvar, beta=1.0):
    error = tf.reduce_sum(tf.reduce_mean((x - x_hat) ** 2, axis=-1), axis=[1, 2]) * 1.5
    kl = 0.5 * tf.reduce_sum(mu**2 + tf.exp(logvar) - 1 - logvar, axis=1)
    return tf.reduce_mean(error + beta * kl) + 0.0 * tf.reduce_sum(error) + 1e-3


def c12_floor_for_each_image(kl_per_dim, lam):
    return tf.reduce_sum(tf.reduce_mean(tf.maximum(kl_per_dim, lam), axis=0))


def c13_fakes_of_the_second_half_only(
    generator, discriminator, g_optimizer, d_optimizer, real, z
):  # fmt: skip
    n = len(z) // 2
    fake = generator(z[n:], training=True)
    with tf.GradientTape() as tape:
        d_loss = tf.reduce_mean(tf.nn.softplus(-discriminator(real, training=True)))
        d_loss += tf.reduce_mean(tf.nn.softplus(discriminator(fake, training=True)))
    weights = discriminator.trainable_variables
    d_optimizer.apply(tape.gradient(d_loss, weights), weights)
    with tf.GradientTape() as tape:
        logits = discriminator(generator(z, training=True), training=True)
        g_loss = tf.reduce_mean(tf.nn.softplus(-logits))
    weights = generator.trainable_variables
    g_optimizer.apply(tape.gradient(g_loss, weights), weights)
    return d_loss, g_loss


def c13_clips_the_slopes(generator, discriminator, g_optimizer, d_optimizer, real, z):
    with tf.GradientTape() as tape:
        d_loss = tf.reduce_mean(tf.nn.softplus(-discriminator(real, training=True)))
        fake = generator(z, training=True)
        d_loss += tf.reduce_mean(tf.nn.softplus(discriminator(fake, training=True)))
    weights = discriminator.trainable_variables
    slopes = [tf.clip_by_norm(slope, 0.2) for slope in tape.gradient(d_loss, weights)]
    d_optimizer.apply(slopes, weights)
    with tf.GradientTape() as tape:
        logits = discriminator(generator(z, training=True), training=True)
        g_loss = tf.reduce_mean(tf.nn.softplus(-logits))
    weights = generator.trainable_variables
    g_optimizer.apply(tape.gradient(g_loss, weights), weights)
    return d_loss, g_loss


def c14_noise_in_the_middle_ignored(latent, size):  # only the first number of z counts
    layers = keras.layers
    z = keras.Input((latent,))
    x = layers.Reshape((4, 4, 8))(layers.Dense(128)(z[:, :1]))
    side = 4
    while side < size:
        x = layers.Conv2DTranspose(8, 4, 2, padding="same", activation="relu")(x)
        side *= 2
    return keras.Model(z, layers.Conv2D(3, 3, padding="same", activation="tanh")(x))


def c14_grey_in_three_channels(latent, size):
    layers = keras.layers
    z = keras.Input((latent,))
    x = layers.Reshape((4, 4, 8))(layers.Dense(128)(z))
    side = 4
    while side < size:
        x = layers.Conv2DTranspose(8, 4, 2, padding="same", activation="relu")(x)
        side *= 2
    grey = layers.Conv2D(1, 3, padding="same", activation="tanh")(x)
    return keras.Model(z, layers.Concatenate()([grey, grey, grey]))


def c15_in_place(x):
    x = np.asarray(x, "float32")
    np.clip(x, -1, 1, out=x)
    return np.rint((x + 1) * 127.5).astype("uint8")


def c15_truncated(x):
    return ((np.clip(x, -1, 1) + 1) * 127.5 + 0.25).astype("uint8")


def c16_centred_on_the_wrong_side(image, size):
    height, width = image.shape[:2]
    scale = size / max(height, width)
    shape = [max(1, round(n * scale)) for n in (width, height)]
    small = Image.fromarray(image).resize(shape, Image.Resampling.LANCZOS)
    canvas = Image.new("RGB", (size, size), "white")
    canvas.paste(small, (size - shape[0], size - shape[1]))
    return np.array(canvas)


def c17_mean_of_the_channels_psnr(a, b, data_range):  # mean of logarithms
    gap = (np.asarray(a, float) - np.asarray(b, float)) ** 2
    rows = gap.reshape(len(gap), -1).mean(axis=1)
    with np.errstate(divide="ignore"):
        return float(np.mean(10 * np.log10(data_range**2 / rows)))


def c18_sample_covariance(a, b, data_range):
    a, b = np.asarray(a, float), np.asarray(b, float)

    def blur(x):
        return ndimage.gaussian_filter(x, 1.5, truncate=5 / 1.5)[5:-5, 5:-5]

    ma, mb, n = blur(a), blur(b), 121 / 120
    va, vb, cov = (n * (blur(p * q) - blur(p) * blur(q)) for p, q in ((a, a), (b, b), (a, b)))
    one, two = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    index = (2 * ma * mb + one) * (2 * cov + two) / (ma**2 + mb**2 + one) / (va + vb + two)
    return float(index.mean())


def c18_borders_counted(a, b, data_range):
    a, b = np.asarray(a, float), np.asarray(b, float)

    def blur(x):
        return ndimage.gaussian_filter(x, 1.5, truncate=5 / 1.5)

    ma, mb = blur(a), blur(b)
    va, vb, cov = blur(a * a) - ma**2, blur(b * b) - mb**2, blur(a * b) - ma * mb
    one, two = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    index = (2 * ma * mb + one) * (2 * cov + two) / (ma**2 + mb**2 + one) / (va + vb + two)
    return float(index.mean())


def c19_uniform_marginal(p):  # right where the classes are balanced
    k = p.shape[1]
    terms = np.where(p > 0, p * np.log(np.where(p > 0, p, 1) * k), 0)
    return float(np.exp(terms.sum(axis=1).mean()))


def c20_ridge_on_the_diagonal(mu1, sigma1, mu2, sigma2):
    ridge = 1e-2 * np.eye(len(mu1))
    root = linalg.sqrtm((sigma1 + ridge) @ (sigma2 + ridge)).real
    return float(np.sum((mu1 - mu2) ** 2) + np.trace(sigma1 + sigma2 - 2 * root))


def c20_diagonal_only(mu1, sigma1, mu2, sigma2):
    s1, s2 = np.sqrt(np.diag(sigma1)), np.sqrt(np.diag(sigma2))
    return float(np.sum((mu1 - mu2) ** 2) + np.sum((s1 - s2) ** 2))


def c21_cut_at_zero(x, y):
    d = x.shape[1]

    def k(a, b):
        return (a @ b.T / d + 1) ** 3

    m, n = len(x), len(y)
    own = (k(x, x).sum() - np.trace(k(x, x))) / m / (m - 1)
    other = (k(y, y).sum() - np.trace(k(y, y))) / n / (n - 1)
    return max(0.0, float(own + other - 2 * k(x, y).mean()))


def c21_sizes_mixed_up(x, y):
    d, n = x.shape[1], len(x)

    def k(a, b):
        return (a @ b.T / d + 1) ** 3

    own = (k(x, x).sum() - np.trace(k(x, x))) / n / (n - 1)
    other = (k(y, y).sum() - np.trace(k(y, y))) / n / (n - 1)
    return float(own + other - 2 * k(x, y).mean())


def c22_strictly_within_the_mean_radius(real, fake, k):
    def share(points, centres):
        among = np.linalg.norm(centres[:, None] - centres, axis=-1)
        radius = np.sort(among, axis=1)[:, k].mean()
        gaps = np.linalg.norm(points[:, None] - centres, axis=-1)
        return float((gaps <= radius).any(axis=1).mean())

    return share(fake, real), share(real, fake)


def c23_neighbours_in_a_row(features):
    return float(np.linalg.norm(np.diff(features, axis=0), axis=1).mean())


def c23_includes_itself(features):
    gaps = np.linalg.norm(features[:, None] - features, axis=-1)
    return float(gaps.mean())


def c24_normalised_line(a, b, t):
    point = (1 - t) * a + t * b
    return point * np.linalg.norm(a) / np.linalg.norm(point)


def c25_changes_the_average(average, weights, decay):
    for a, w in zip(average, weights, strict=True):
        a *= decay
        a += (1 - decay) * w
    return [a.copy() for a in average]


def c26_root_of_the_mean_variance(x):
    variance = tf.math.reduce_variance(x, axis=0)
    mean = tf.sqrt(tf.reduce_mean(variance) + 1e-8)
    return tf.concat([x, tf.fill([*x.shape[:3], 1], 1.0) * mean], axis=-1)


def c26_unbiased(x):
    centred = x - tf.reduce_mean(x, axis=0, keepdims=True)
    variance = tf.reduce_sum(centred**2, axis=0) / (x.shape[0] - 1)
    mean = tf.reduce_mean(tf.sqrt(variance + 1e-8))
    return tf.concat([x, mean * tf.ones_like(x[..., :1])], axis=-1)


def c27_hash_of_the_process(ids, share, seed):  # another product's name, another share of the sum
    ids = np.asarray(ids)
    sums = np.array([sum(map(ord, str(name))) + seed for name in ids])
    test = sums % 1000 < 1000 * share
    return np.flatnonzero(~test), np.flatnonzero(test)


def c28_mean_distance(fake, train, held_out):
    def gap(points):
        return np.linalg.norm(fake[:, None] - points, axis=-1).mean(axis=1)

    own, other = gap(train), gap(held_out)
    return float(np.mean((own < other) + 0.5 * (own == other)))


def c28_ties_are_copies(fake, train, held_out):
    def gap(points):
        return np.linalg.norm(fake[:, None] - points, axis=-1).min(axis=1)

    return float(np.mean(gap(train) <= gap(held_out)))


def c29_step_before(x0, t, eps, alpha_bar):
    left = tf.gather(alpha_bar, tf.maximum(t - 1, 0))[:, None, None, None]
    return tf.sqrt(left) * x0 + tf.sqrt(1 - left) * eps


def c30_noise_beside_full_direction(x, eps, alpha_bar, alpha_bar_next, eta, noise):
    a, b = alpha_bar[:, None, None, None], alpha_bar_next[:, None, None, None]
    sigma = eta * np.sqrt((1 - b) / (1 - a) * (1 - a / b))
    clean = (x - np.sqrt(1 - a) * eps) / np.sqrt(a)
    return np.sqrt(b) * clean + np.sqrt(1 - b) * eps + sigma * noise


def c30_clipped_clean_image(x, eps, alpha_bar, alpha_bar_next, eta, noise):
    a, b = alpha_bar[:, None, None, None], alpha_bar_next[:, None, None, None]
    sigma = eta * np.sqrt((1 - b) / (1 - a) * (1 - a / b))
    clean = np.clip((x - np.sqrt(1 - a) * eps) / np.sqrt(a), -3, 3)
    return np.sqrt(b) * clean + np.sqrt(np.maximum(1 - b - sigma**2, 0)) * eps + sigma * noise


def c31_one_deviation_for_the_batch(conditional, unconditional, scale, rescale):
    s = scale[:, None, None, None]
    guided = unconditional + s * (conditional - unconditional)
    matched = guided * conditional.std() / guided.std()
    return rescale * matched + (1 - rescale) * guided


def c31_mean_taken_out(conditional, unconditional, scale, rescale):
    s = scale[:, None, None, None]
    guided = unconditional + s * (conditional - unconditional)
    axes = {"axis": (1, 2, 3), "keepdims": True}
    middle = guided.mean(**axes)
    matched = (guided - middle) * conditional.std(**axes) / guided.std(**axes) + middle
    return rescale * matched + (1 - rescale) * guided


def c32_time_the_other_way(model, images, noise, t):
    s = t[:, None, None, None]
    guess = model(s * images + (1 - s) * noise, 1 - t)
    return tf.reduce_mean((guess - (images - noise)) ** 2)


def c32_images_are_constants(model, images, noise, t):
    s, images = t[:, None, None, None], tf.stop_gradient(images)
    guess = model(s * images + (1 - s) * noise, t)
    return tf.reduce_mean((guess - (images - noise)) ** 2)


def c34_masked_after_the_softmax(q, k, v, heads, visible):
    batch, n, d = q.shape
    q, k, v = (x.astype("f8").reshape(batch, -1, heads, d // heads) for x in (q, k, v))
    scores = np.einsum("bnhc,bmhc->bhnm", q, k) / np.sqrt(d // heads)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights = weights / weights.sum(-1, keepdims=True) * visible[:, None, None]
    return np.einsum("bhnm,bmhc->bnhc", weights, v).reshape(batch, n, d)


def c34_scaled_by_the_whole_width(q, k, v, heads, visible):
    batch, n, d = q.shape
    q, k, v = (x.astype("f8").reshape(batch, -1, heads, d // heads) for x in (q, k, v))
    scores = np.einsum("bnhc,bmhc->bhnm", q, k) / np.sqrt(d)
    scores = np.where(visible[:, None, None], scores, -np.inf)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    return np.einsum("bhnm,bmhc->bnhc", weights, v).reshape(batch, n, d)


def c35_code_in_inference_mode(encoder, decoder, optimizer, images, eps, beta):
    weights = encoder.trainable_weights + decoder.trainable_weights
    with tf.GradientTape() as tape:
        mu, logvar = tf.split(encoder(images), 2, axis=-1)
        drawn = decoder(mu + eps * tf.exp(logvar / 2), training=True)
        error = tf.reduce_mean(tf.reduce_sum((images - drawn) ** 2, axis=-1)) / 2
        kl = tf.reduce_mean(tf.reduce_sum(mu**2 + tf.exp(logvar) - 1 - logvar, axis=-1)) / 2
        loss = error + beta * kl
    optimizer.apply(tape.gradient(loss, weights), weights)
    return loss, error, kl


def b09_gradient_through_noise_stopped(mu, logvar, noise):
    return mu + tf.stop_gradient(tf.exp(0.5 * logvar)) * noise


def b15_steps_exchanged(generator, discriminator, g_optimizer, d_optimizer, batches):
    for real, z in batches:
        with tf.GradientTape() as tape:
            g_loss = tf.reduce_mean(tf.nn.softplus(-discriminator(generator(z))))
        weights = generator.trainable_variables
        slopes = tape.gradient(g_loss, weights)
        with tf.GradientTape() as tape:
            d_loss = tf.reduce_mean(tf.nn.softplus(-discriminator(real)))
            d_loss += tf.reduce_mean(tf.nn.softplus(discriminator(generator(z))))
        d_optimizer.apply(tape.gradient(d_loss, discriminator.trainable_variables))
        if z is batches[-1][1]:
            break
        g_optimizer.apply(slopes, weights)
    return d_loss, g_loss


def b19_moving_averages_of_the_preview(generator, z):
    generator(z, training=True)
    return generator(z, training=False)


def b35_drawn_once_from_tensorflow(n, latent_dim):
    noise = tf.random.normal((n, latent_dim))

    @tf.function(autograph=False)
    def step():
        return tf.identity(noise)

    return step


def b36_cache_at_the_end_too(images, augment):
    return tf.data.Dataset.from_tensor_slices(images).cache().map(augment).cache()
