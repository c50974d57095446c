"""A distribution over grids of codes: a small causal transformer, one code after the other.

p(codes) is the product of p(code t | codes before t), read row by row (van den Oord et al. 2017 use
a PixelCNN for it; attention has no blind spot and draws one code without repeating the others).
"""

import keras
import numpy as np
import tensorflow as tf

from prodimg_lib.models.config import HEADS
from prodimg_lib.tensors import precise


class CausalBlock(keras.layers.Layer):
    """Causal self-attention and a two-layer network, each added to its input (Vaswani 2017)."""

    def __init__(self, width, **options):
        super().__init__(**options)
        self.width = width
        self.norms = [keras.layers.LayerNormalization() for _ in range(2)]
        self.qkv = keras.layers.Dense(3 * width)
        self.out = keras.layers.Dense(width)
        self.up = keras.layers.Dense(4 * width, activation="gelu")
        self.down = keras.layers.Dense(width)

    def call(self, x, past=None):
        """[n, t, width] -> the same, and keys and values of all places so far.

        ``past``: keys and values of the places before these, as an earlier call gave them.
        """
        q, k, v = tf.split(self.qkv(self.norms[0](x)), 3, axis=-1)
        if past is not None:
            k, v = tf.concat([past[0], k], 1), tf.concat([past[1], v], 1)
        heads = [tf.reshape(a, [tf.shape(a)[0], tf.shape(a)[1], HEADS, -1]) for a in (q, k, v)]
        q_, k_, v_ = (tf.transpose(a, [0, 2, 1, 3]) for a in heads)
        scores = tf.matmul(q_, k_, transpose_b=True) * (self.width // HEADS) ** -0.5
        new, seen = tf.shape(q)[1], tf.shape(k)[1]
        later = tf.range(seen) > tf.range(seen - new, seen)[:, None]
        share = tf.nn.softmax(tf.where(later, scores.dtype.min, scores))
        mixed = tf.transpose(tf.matmul(share, v_), [0, 2, 1, 3])
        x += self.out(tf.reshape(mixed, tf.shape(x)))
        return x + self.down(self.up(self.norms[1](x))), (k, v)


class CodePrior(keras.layers.Layer):
    """p(codes), or p(codes | class) if ``num_classes > 0``.

    Args:
        positions: codes in an image; codes: how many different ones.
        width, depth: of the transformer.

    Called on codes [n, positions] and labels [n] (or None): logits [n, positions, codes], where
    those at t depend on the codes before t only. Untrained it is the uniform distribution.
    """

    def __init__(self, positions, codes, width, depth, num_classes=0, **options):
        super().__init__(**options)
        self.positions, self.codes = positions, codes
        self.embed = keras.layers.Embedding(codes, width)
        self.start = keras.layers.Embedding(max(1, num_classes), width)
        self.place = keras.layers.Embedding(positions, width)
        self.blocks = [CausalBlock(width) for _ in range(depth)]
        self.norm = keras.layers.LayerNormalization()
        self.head = keras.layers.Dense(codes, kernel_initializer="zeros")
        self(tf.zeros([1, positions], tf.int32), tf.zeros([1], tf.int32))  # makes the weights

    def call(self, codes, labels=None):
        n = tf.shape(codes)[0]
        before = tf.concat([self._first(n, labels), self.embed(codes[:, :-1])], axis=1)
        return self._logits(before + self.place(tf.range(self.positions)))[0]

    def _first(self, n, labels):
        """What stands before the first code, [n, 1, width]: the class, if there is one."""
        labels = tf.zeros([n], tf.int32) if labels is None else labels
        return self.start(labels)[:, None]

    def _logits(self, x, past=None):
        past = past or [None] * len(self.blocks)
        new = []
        for block, earlier in zip(self.blocks, past, strict=True):
            x, state = block(x, earlier)
            new.append(state)
        return self.head(self.norm(x)), new

    def nats(self, codes, labels=None):
        """-log p(codes), [n]."""
        (logits,) = precise(self(codes, labels))
        terms = tf.nn.sparse_softmax_cross_entropy_with_logits(codes, logits)
        return tf.reduce_sum(terms, axis=1)

    def sample(self, uniform, labels=None, mass=1.0):
        """Draw codes; each is a function of the uniform numbers of its own image alone.

        Args:
            uniform: [n, positions] in [0, 1).
            labels: int [n], or None.
            mass: keep, at each place, only the most probable codes that hold this much of the
                probability (nucleus sampling, Holtzman et al. 2020).

        Returns:
            int32 [n, positions].
        """
        n = len(uniform)
        x, past, codes = self._first(n, labels), None, []
        for t in range(self.positions):
            logits, past = self._logits(x + self.place(tf.constant([t])), past)
            logits = logits[:, 0].numpy().astype(float)
            probs = np.exp(logits - logits.max(1, keepdims=True))
            order = np.argsort(-probs, axis=1, kind="stable")
            total = np.take_along_axis(probs, order, 1).cumsum(1)
            total /= total[:, -1:]
            # The kept codes are the shortest list that holds the mass; draw within what it holds.
            kept = np.take_along_axis(total, (total < mass - 1e-9).sum(1, keepdims=True), 1)
            drawn = (total <= uniform[:, t : t + 1] * kept).sum(1, keepdims=True)
            codes.append(np.take_along_axis(order, drawn, 1)[:, 0].astype(np.int32))
            x = self.embed(codes[-1])[:, None]
        return np.stack(codes, axis=1)
