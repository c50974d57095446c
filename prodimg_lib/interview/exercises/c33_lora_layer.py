"""C33: a dense layer with a low-rank update that is trained in its place."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "add_lora"


def starter(dense, rank, alpha):
    """A Keras layer that adds a trainable update of low rank to a dense layer that stays as it is.

    For inputs x it gives dense(x) + alpha / rank * x A B. At first it gives what dense gives, and
    yet its first training step must be able to change that. Only A and B are trained.

    Args:
        dense: keras.layers.Dense, built, without an activation; with or without a bias.
        rank: int, width between A and B.
        alpha: float.

    Returns:
        Keras layer, built: float [batch, d_in] to float [batch, d_out]. Its trainable variables
        are A [d_in, rank] and B [rank, d_out], and no other.
    """
    raise NotImplementedError


def reference(dense, rank, alpha):
    class LoRA(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.dense = dense
            self.dense.trainable = False
            d_in, d_out = dense.kernel.shape
            self.a = self.add_weight(shape=(d_in, rank), initializer="he_normal", name="a")
            self.b = self.add_weight(shape=(rank, d_out), initializer="zeros", name="b")
            self.built = True

        def call(self, x):
            return self.dense(x) + alpha / rank * ((x @ self.a) @ self.b)

    return LoRA()


def variant_weights_by_hand(dense, rank, alpha):
    class Adapted(keras.layers.Layer):
        def build(self, shape):
            narrow = keras.initializers.RandomNormal(stddev=0.02)
            self.a = self.add_weight(shape=(shape[-1], rank), initializer=narrow)
            self.b = self.add_weight(shape=(rank, dense.units), initializer="zeros")
            self.w = self.add_weight(shape=dense.kernel.shape, trainable=False)
            self.w.assign(dense.kernel)
            self.c = self.add_weight(shape=(dense.units,), trainable=False, initializer="zeros")
            if dense.use_bias:
                self.c.assign(dense.bias)

        def call(self, x):
            update = keras.ops.matmul(self.a, self.b)
            return keras.ops.matmul(x, self.w + update * (alpha / rank)) + self.c

    layer = Adapted()
    layer.build((None, dense.kernel.shape[0]))
    return layer


def variant_two_dense_layers(dense, rank, alpha):
    dense.trainable = False
    inputs = keras.Input((dense.kernel.shape[0],))
    down = keras.layers.Dense(rank, use_bias=False)(inputs)
    up = keras.layers.Dense(dense.units, use_bias=False, kernel_initializer="zeros")(down)
    return keras.Model(inputs, dense(inputs) + up * (alpha / rank))


def variant_zeros_in_a(dense, rank, alpha):
    dense.trainable = False
    inputs = keras.Input((dense.kernel.shape[0],))
    down = keras.layers.Dense(rank, use_bias=False, kernel_initializer="zeros")
    up = keras.layers.Dense(dense.units, use_bias=False)
    update = up(down(inputs)) * alpha / rank
    return keras.Model(inputs, keras.layers.Add()([dense(inputs), update]))


def wrong_both_zero(dense, rank, alpha):
    return _layer(dense, rank, alpha / rank, a="zeros", b="zeros")


def wrong_both_random(dense, rank, alpha):
    return _layer(dense, rank, alpha / rank, a="he_normal", b="he_normal")


def wrong_base_trained_too(dense, rank, alpha):
    return _layer(dense, rank, alpha / rank, frozen=False)


def wrong_alpha_missing(dense, rank, alpha):
    return _layer(dense, rank, 1.0)


def wrong_not_divided_by_rank(dense, rank, alpha):
    return _layer(dense, rank, alpha)


def wrong_divided_by_root_of_rank(dense, rank, alpha):
    return _layer(dense, rank, alpha / rank**0.5)


def wrong_base_forgotten(dense, rank, alpha):
    return _layer(dense, rank, alpha / rank, base=0.0)


def wrong_bias_forgotten(dense, rank, alpha):
    return _layer(dense, rank, alpha / rank, bias=False)


def wrong_base_reset(dense, rank, alpha):
    fresh = keras.layers.Dense(dense.units, use_bias=dense.use_bias)
    fresh.build((None, dense.kernel.shape[0]))
    return _layer(fresh, rank, alpha / rank)


def wrong_relu_between(dense, rank, alpha):
    return _layer(dense, rank, alpha / rank, between=tf.nn.relu)


def wrong_update_of_full_rank(dense, rank, alpha):
    return _layer(dense, dense.kernel.shape[0], alpha / rank)


def wrong_a_frozen(dense, rank, alpha):
    return _layer(dense, rank, alpha / rank, a_trained=False)


class _Layer(keras.layers.Layer):
    def __init__(self, dense, rank, scale, how):
        super().__init__()
        self.dense, self.scale, self.how = dense, scale, how
        self.dense.trainable = not how.get("frozen", True)
        d_in, d_out = dense.kernel.shape
        self.a = self.add_weight(
            shape=(d_in, rank),
            initializer=how.get("a", "he_normal"),
            trainable=how.get("a_trained", True),
        )
        self.b = self.add_weight(shape=(rank, d_out), initializer=how.get("b", "zeros"))
        self.built = True

    def call(self, x):
        base = self.dense(x) if self.how.get("bias", True) else x @ self.dense.kernel
        between = self.how.get("between", tf.identity)
        update = between(x @ self.a) @ self.b
        return self.how.get("base", 1.0) * base + self.scale * update


def _layer(dense, rank, scale, **how):
    return _Layer(dense, rank, scale, how)


def checks(c):
    n, d_in, rank, d_out, alpha = 4, 5, 2, 3, 6.0
    x, kernel, bias = c.normal(n, d_in), c.normal(d_in, d_out), c.normal(d_out)
    a, b = c.normal(d_in, rank), c.normal(rank, d_out)

    def made():
        """The layer and the dense layer in it, whose weights are kernel and bias."""
        dense = keras.layers.Dense(d_out)
        dense.build((None, d_in))
        dense.set_weights([kernel, bias])
        layer = c.ask(dense, rank, alpha)
        return (layer if isinstance(layer, keras.layers.Layer) else dense), dense

    def used():
        """What it is, the shapes of what it trains, and its result before and after an update."""
        layer, dense = made()
        both = {tuple(w.shape): w for w in layer.trainable_variables}
        shapes = sorted(list(w.shape) for w in layer.trainable_variables)
        before = layer(tf.constant(x))
        if {(d_in, rank), (rank, d_out)} <= set(both):
            both[d_in, rank].assign(a)
            both[rank, d_out].assign(b)
        return layer is not dense, shapes, before, layer(tf.constant(x))

    is_new, sizes, before, after = c.observe(used)
    c.true("a-layer", is_new, layer="shape")
    want_sizes = sorted([[d_in, rank], [rank, d_out]])
    count = sum(int(np.prod(s)) for s in sizes)
    # What is trained is known by its size; a list of shapes is no array to compare.
    c.true("trained", sizes == want_sizes, got=np.array([len(sizes), count], "float32"),
           want=f"two matrices, {tuple(want_sizes[0])} and {tuple(want_sizes[1])}")  # fmt: skip
    plain = x.astype(float) @ kernel + bias
    c.close("at-first", before, plain, 1e-4, 1e-5)
    want = plain + alpha / rank * x.astype(float) @ a @ b
    c.close("update", after, want, 1e-4, 1e-4)

    def stepped():
        """One step of training: it must change what the layer gives, not the dense layer."""
        layer, dense = made()
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(layer(tf.constant(x)) - 1.0))
        slopes = tape.gradient(loss, [w.value for w in layer.trainable_variables])
        pairs = zip(layer.trainable_variables, slopes, strict=True)
        for w, slope in [(w, s) for w, s in pairs if s is not None]:
            w.assign(w - 0.1 * slope)
        moved = float(np.abs(np.asarray(layer(tf.constant(x))) - plain).max())
        return moved, np.concatenate([np.ravel(dense.kernel), np.ravel(dense.bias)])

    moved, kept = c.observe(stepped)
    c.true("first-step", moved > 1e-6, got=np.float32(moved > 1e-6), layer="gradient")
    c.close("base-kept", kept, np.concatenate([kernel.ravel(), bias]), 0, 0, layer="gradient")
