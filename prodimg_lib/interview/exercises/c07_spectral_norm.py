"""C07: spectral normalisation with a power iteration that remembers."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "spectral_norm"


def starter(w, u, n):
    """A weight matrix divided by an estimate of its largest singular value.

    Begin with u and repeat n times: v = w^T u, made unit length; u = w v,
    made unit length.

    Args:
        w: float [rows, columns], the weights.
        u: float [rows], unit vector, kept from the last training step.
        n: int, at least 1, number of power iterations.

    Returns:
        (w_normalised, sigma, u): the weights divided by sigma, differentiable
        in w through sigma too; sigma, a scalar; the new u, to be passed in at
        the next step.
    """
    raise NotImplementedError


def reference(w, u, n):
    for _ in range(n):
        v = tf.linalg.normalize(tf.linalg.matvec(w, u, transpose_a=True))[0]
        u = tf.linalg.normalize(tf.linalg.matvec(w, v))[0]
    u, v = tf.stop_gradient(u), tf.stop_gradient(v)
    sigma = tf.tensordot(u, tf.linalg.matvec(w, v), 1)
    return w / sigma, sigma, u


def torch_reference(w, u, n):
    import torch
    from torch.nn import functional

    with torch.no_grad():
        for _ in range(n):
            v = functional.normalize(w.T @ u, dim=0)
            u = functional.normalize(w @ v, dim=0)
    sigma = u @ w @ v
    return w / sigma, sigma, u


def variant_length_of_w_v(w, u, n):
    ops = keras.ops
    u = ops.expand_dims(u, 1)
    for _ in range(n):
        v = ops.matmul(ops.transpose(w), u)
        v = v / ops.norm(v)
        stretched = ops.matmul(w, v)
        u = stretched / ops.norm(stretched)
    sigma = ops.norm(stretched)
    return w / sigma, sigma, u[:, 0]


def variant_gram_matrix(w, u, n):
    gram = tf.stop_gradient(w @ tf.transpose(w))
    for _ in range(n):
        before, u = u, tf.linalg.matvec(gram, u)
        u = u / tf.norm(u)
    v = tf.stop_gradient(tf.linalg.matvec(w, before, transpose_a=True))
    sigma = tf.einsum("i,ij,j->", u, w, v / tf.norm(v))
    return w / sigma, sigma, u


def wrong_frobenius(w, u, n):
    _, _, u = reference(w, u, n)
    sigma = tf.norm(w)
    return w / sigma, sigma, u


def wrong_old_u_returned(w, u, n):
    normalised, sigma, _ = reference(w, u, n)
    return normalised, sigma, u


def wrong_u_begun_anew(w, u, n):
    return reference(w, tf.ones_like(u) / tf.norm(tf.ones_like(u)), n)


def wrong_squared_value(w, u, n):
    for _ in range(n):
        v = tf.linalg.normalize(tf.linalg.matvec(w, u, transpose_a=True))[0]
        u = tf.linalg.normalize(tf.linalg.matvec(w, v))[0]
    sigma = tf.norm(tf.linalg.matvec(w, tf.linalg.matvec(w, u, transpose_a=True)))
    return w / sigma, sigma, u


def wrong_sigma_stopped(w, u, n):
    _, sigma, u = reference(w, u, n)
    sigma = tf.stop_gradient(sigma)
    return w / sigma, sigma, u


def checks(c):
    # Singular values 3, 1.2, 0.9: an iteration shrinks the error by (1.2 / 3)^2.
    left, _ = np.linalg.qr(c.rng.normal(size=(4, 3)))
    right, _ = np.linalg.qr(c.rng.normal(size=(5, 3)))
    exact = (left * [3.0, 1.2, 0.9]) @ right.T
    w = exact.astype("float32")
    start = left @ [0.6, 0.64, 0.48]  # a unit vector that holds something of each direction
    u = tf.constant(start.astype("float32"))

    normalised, sigma, new_u = c.parts(c.call(tf.constant(w), u, 1), 3)
    c.shape("weights-shape", normalised, (4, 5))
    c.shape("scalar", sigma, ())
    c.shape("u-shape", new_u, (4,))

    v = exact.T @ start
    want_sigma = np.linalg.norm(exact @ v) / np.linalg.norm(v)
    want_u = exact @ v / np.linalg.norm(exact @ v)
    c.close("one-step", sigma, want_sigma, rtol=1e-4)
    c.close("new-u", new_u, want_u, rtol=1e-3, atol=1e-4)
    c.close("divided", normalised, exact / want_sigma, rtol=1e-3, atol=1e-4)
    sigma, kept = None, u
    for _ in range(12):
        _, sigma, kept = c.parts(c.call(tf.constant(w), tf.constant(kept, tf.float32), 1), 3)
    c.close("step-by-step", sigma, 3.0, rtol=1e-3)
    normalised, sigma, _ = c.parts(c.call(tf.constant(w), u, 12), 3)
    c.close("at-once", sigma, 3.0, rtol=1e-3)
    largest = np.linalg.svd(np.asarray(normalised, float), compute_uv=False)[0]
    c.close("norm-one", largest, 1.0, rtol=1e-3)

    # d(sum of w / sigma) = (1 - sum(w) / sigma * u v^T) / sigma, as d(sigma) = u v^T.
    want = (1 - exact.sum() / 3 * np.outer(left[:, 0], right[:, 0])) / 3
    args = (w, u.numpy(), 12)
    c.gradient("gradient", args, 0, want, of=_weights, rtol=1e-3, atol=1e-3)


def _weights(result):
    return result[0]
