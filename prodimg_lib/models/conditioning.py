"""What makes a conditional VAE listen to its label: two terms beside the bound.

The bound leaves open whether the class stands in the label or in the code, and a decoder whose
codes have it need not listen to the label. The *match* term keeps the class out of the code. The
*request* term shows what the decoder makes of any code and any label to a classifier that learns
from the photographs beside it. Functions of tensors; the weights are the model's.
"""

import tensorflow as tf

from prodimg_lib.models import replicas
from prodimg_lib.seeds import step_seed

# Variances of the Gaussian kernels, over the number of dimensions: near, middle and far.
WIDTHS = (0.25, 1.0, 4.0)

# Requests are made, and the classifier taught, with every fourth row of a batch.
EVERY = 4


def some(rows):
    """Every fourth of ``rows``, at least one: [ceil(n / 4), ...].

    Not the first quarter: where devices share a batch, and each has a multiple of four rows, these
    are the same rows as on one device.
    """
    return rows[::EVERY]


def mismatch(codes, labels):
    """Each image's part of how far the codes of its class are from N(0, I): [n].

    The mean over the batch estimates sum_c p(c) MMD^2(codes of c, N(0, I)), the squared maximum
    mean discrepancy (Gretton et al. 2012), summed over the kernels exp(-|a - b|^2 / (2 w d)). At 0
    the codes of every class are distributed alike, so a code says nothing of its class (Louizos et
    al. 2016), and as the draws that images are made from (Zhao et al. 2019). The estimate has no
    bias, so it may fall below 0; an image that is alone of its class in the batch counts 0. Draws
    of N(0, I) are not needed: their part is known in closed form.

    Args:
        codes: [n, d], draws of q(z | x); labels: int [n].
    """
    d = codes.shape[1]
    # Each pair has two terms of equal gradient, one for each of its codes. Twice the gradient by
    # the first is that of both, and none has to go back to other devices.
    everyone, every_label = tf.stop_gradient(replicas.gather(codes)), replicas.gather(labels)
    square = tf.reduce_sum(tf.square(codes), axis=1)
    apart = tf.square(codes[:, None] - everyone)
    apart = tf.reduce_sum(apart, axis=2)
    same = tf.cast(labels[:, None] == every_label, codes.dtype) - replicas.identity(codes)
    others = tf.reduce_sum(same, axis=1)
    total = tf.zeros_like(square)
    for width in WIDTHS:
        s = width * d
        with_others = tf.reduce_sum(same * tf.exp(-apart / (2 * s)), axis=1)
        with_others = 2 * with_others - tf.stop_gradient(with_others)
        with_draws = (s / (s + 1)) ** (d / 2) * tf.exp(-square / (2 * (s + 1)))
        among_draws = (s / (s + 2)) ** (d / 2)
        total += tf.math.divide_no_nan(with_others, others) - 2 * with_draws + among_draws
    return tf.where(others > 0, total, 0.0)


def draw_requests(codes, draws, num_classes, seed, step, stream):
    """Latents to decode and the classes to ask for, both pure functions of seed, step and stream.

    Args:
        codes, draws: [n, latent_dim], of the photographs of a batch and of N(0, I).
        stream: str, of these draws.

    Returns:
        latents [n, latent_dim], each row of ``codes`` or of ``draws`` with even chances and with no
        gradient to where it came from, and classes, int32 [n], uniform.
    """
    n = [tf.shape(codes)[0]]
    which, asked = (step_seed(seed, step, f"{stream}, {part}") for part in ("which", "classes"))
    encoded = replicas.uniform(n, which) < 0.5
    classes = replicas.uniform(n, asked, minval=0, maxval=num_classes, dtype=tf.int32)
    return tf.stop_gradient(tf.where(encoded[:, None], codes, draws)), classes


def nats_missed(logits, classes):
    """-log softmax(logits)[class], for each image: [n], non-negative, in nats.

    Averaged over images decoded with uniform classes, log(num_classes) minus this bounds from
    below how many nats an image says of the class that it was decoded with (Barber & Agakov 2003),
    whatever the classifier.
    """
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=classes, logits=logits)
