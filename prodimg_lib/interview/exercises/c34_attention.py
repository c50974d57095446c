"""C34: attention with several heads and a mask."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "attention"


def starter(q, k, v, heads, visible):
    """Scaled dot-product attention with several heads, after the projections.

    Head h has the channels from h * d / heads to (h + 1) * d / heads of queries, keys and values,
    and of the result.

    Args:
        q: float32 [batch, n, d], queries.
        k: float32 [batch, m, d], keys.
        v: float32 [batch, m, d], values.
        heads: int, a divisor of d.
        visible: bool [batch, m]; False where a position must not be looked at. At least one in
            each row is True.

    Returns:
        Float [batch, n, d].
    """
    raise NotImplementedError


def reference(q, k, v, heads, visible):
    batch, n, d = np.shape(q)

    def split(x):
        return tf.transpose(tf.reshape(x, (batch, -1, heads, d // heads)), (0, 2, 1, 3))

    scores = tf.matmul(split(q), split(k), transpose_b=True) / (d // heads) ** 0.5
    scores = tf.where(visible[:, None, None, :], scores, -1e9)
    mixed = tf.matmul(tf.nn.softmax(scores, axis=-1), split(v))
    return tf.reshape(tf.transpose(mixed, (0, 2, 1, 3)), (batch, n, d))


def torch_reference(q, k, v, heads, visible):
    from torch.nn import functional

    def split(x):
        return x.unflatten(-1, (heads, -1)).transpose(1, 2)

    mixed = functional.scaled_dot_product_attention(
        split(q), split(k), split(v), attn_mask=visible[:, None, None, :]
    )
    return mixed.transpose(1, 2).flatten(2)


def variant_numpy_einsum(q, k, v, heads, visible):
    q, k, v = (
        np.reshape(np.asarray(x, float), (*np.shape(x)[:2], heads, -1)) for x in (q, k, v)
    )  # fmt: skip
    scores = np.einsum("bnhc,bmhc->bhnm", q, k) / np.sqrt(q.shape[-1])
    scores = np.where(np.asarray(visible)[:, None, None], scores, -np.inf)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    mixed = np.einsum("bhnm,bmhc->bnhc", weights, v)
    return mixed.reshape(*mixed.shape[:2], -1)


def variant_loop_over_heads(q, k, v, heads, visible):
    outputs = []
    penalty = (1.0 - tf.cast(visible, tf.float32))[:, None, :] * -1e9
    for one_q, one_k, one_v in zip(*(tf.split(x, heads, -1) for x in (q, k, v)), strict=True):
        scores = tf.einsum("bnc,bmc->bnm", one_q, one_k) * one_q.shape[-1] ** -0.5
        outputs.append(tf.nn.softmax(scores + penalty) @ one_v)
    return tf.concat(outputs, axis=-1)


def variant_one_query_after_the_other(q, k, v, heads, visible):
    out = np.zeros_like(q)
    width = q.shape[-1] // heads
    for i, (queries, keys, values, seen) in enumerate(zip(q, k, v, visible, strict=True)):
        for h in range(heads):
            part = slice(h * width, (h + 1) * width)
            for j, query in enumerate(queries[:, part]):
                score = keys[seen][:, part].astype(float) @ query / width**0.5
                share = np.exp(score - score.max())
                out[i, j, part] = share / share.sum() @ values[seen][:, part]
    return out


def variant_keras_ops(q, k, v, heads, visible):
    ops = keras.ops
    q, k, v = (
        ops.reshape(x, (*np.shape(x)[:2], heads, np.shape(x)[2] // heads)) for x in (q, k, v)
    )
    mask = ops.convert_to_tensor(visible)[:, None, None, :]
    mixed = ops.nn.dot_product_attention(q, k, v, mask=mask, flash_attention=False)
    return ops.reshape(mixed, (*np.shape(mixed)[:2], -1))


def wrong_no_scale(q, k, v, heads, visible):
    return _attend(q, k, v, heads, visible, scale=1.0)


def wrong_scale_of_all_channels(q, k, v, heads, visible):
    return _attend(q, k, v, heads, visible, scale=np.shape(q)[-1] ** -0.5)


def wrong_divided_by_the_width(q, k, v, heads, visible):
    return _attend(q, k, v, heads, visible, scale=heads / np.shape(q)[-1])


def wrong_softmax_over_the_queries(q, k, v, heads, visible):
    return _attend(q, k, v, heads, visible, axis=-2)


def wrong_mask_upside_down(q, k, v, heads, visible):
    return _attend(q, k, v, heads, ~np.asarray(visible))


def wrong_mask_ignored(q, k, v, heads, visible):
    return _attend(q, k, v, heads, np.ones_like(visible))


def wrong_masked_scores_are_zero(q, k, v, heads, visible):
    return _attend(q, k, v, heads, visible, hidden=0.0)


def wrong_masked_after_the_softmax(q, k, v, heads, visible):
    return _attend(q, k, v * np.asarray(visible)[:, :, None], heads, np.ones_like(visible))


def wrong_heads_interleaved(q, k, v, heads, visible):
    def turn(x):
        return np.reshape(x, (*np.shape(x)[:2], -1, heads)).swapaxes(-1, -2).reshape(np.shape(x))

    return _attend(turn(q), turn(k), turn(v), heads, visible)


def wrong_heads_not_put_back(q, k, v, heads, visible):
    # The transposition back is missing: positions and heads are read in the wrong order.
    mixed = np.asarray(_attend(q, k, v, heads, visible))
    batch, n, d = mixed.shape
    return mixed.reshape(batch, n, heads, -1).transpose(0, 2, 1, 3).reshape(batch, n, d)


def wrong_one_head(q, k, v, heads, visible):
    return _attend(q, k, v, 1, visible)


def wrong_overflow(q, k, v, heads, visible):
    with np.errstate(over="ignore", invalid="ignore"):
        return _attend(q, k, v, heads, visible, shift=False)


def _attend(q, k, v, heads, visible, scale=None, axis=-1, hidden=-1e9, shift=True):
    q, k, v = (np.reshape(x, (*np.shape(x)[:2], heads, -1)) for x in (q, k, v))
    scores = np.einsum("bnhc,bmhc->bhnm", q, k) * (scale or q.shape[-1] ** -0.5)
    scores = np.where(np.asarray(visible)[:, None, None], scores, np.float32(hidden))
    weights = np.exp(scores - (scores.max(axis, keepdims=True) if shift else 0))
    mixed = np.einsum("bhnm,bmhc->bnhc", weights / weights.sum(axis, keepdims=True), v)
    return mixed.reshape(*mixed.shape[:2], -1)


def checks(c):
    batch, n, m, d, heads = 2, 3, 5, 8, 4
    q, k, v = c.normal(batch, n, d), c.normal(batch, m, d), c.normal(batch, m, d)
    visible = np.ones((batch, m), bool)
    visible[0, c.rng.choice(m, 2, replace=False)] = False
    visible[1, c.rng.integers(m)] = False
    everywhere = np.ones((batch, m), bool)

    found = c.call(q, k, v, heads, visible)
    c.shape("shape", found, (batch, n, d))
    large = c.call(40 * q, 40 * k, v, heads, visible)
    c.finite("finite", large)
    # Queries of nothing: every visible position counts alike.
    means = np.stack([values[seen].mean(0) for values, seen in zip(v, visible, strict=True)])
    blank = c.call(np.zeros_like(q), k, v, heads, visible)
    c.close("mean", blank, np.repeat(means[:, None], n, axis=1), 1e-4, 1e-5)
    # One visible position: it is what is seen, and what is hidden has no influence.
    single = np.zeros((batch, m), bool)
    places = c.rng.integers(m, size=batch)
    single[np.arange(batch), places] = True
    only = c.call(q, k, v, heads, single)
    c.close("hidden", only, np.repeat(v[np.arange(batch), places][:, None], n, axis=1), 1e-4, 1e-5)
    c.close("one-head", c.call(q, k, v, 1, everywhere), _by_hand(q, k, v, 1, everywhere),
            1e-4, 1e-5)  # fmt: skip
    c.close("heads", c.call(q, k, v, heads, everywhere), _by_hand(q, k, v, heads, everywhere),
            1e-4, 1e-5)  # fmt: skip
    c.close("value", found, _by_hand(q, k, v, heads, visible), 1e-4, 1e-5)


def _by_hand(q, k, v, heads, visible):
    """Query by query, in float64."""
    out, width = np.zeros(q.shape), q.shape[-1] // heads
    q, k, v = (x.astype(float) for x in (q, k, v))
    for i, j, h in np.ndindex(*q.shape[:2], heads):
        part = slice(h * width, (h + 1) * width)
        weights = np.exp(k[i, :, part] @ q[i, j, part] / width**0.5) * visible[i]
        out[i, j, part] = weights @ v[i, :, part] / weights.sum()
    return out
