"""B34: resumed without the optimizer's state."""

import tempfile
import warnings
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

ENTRY = "resume"


def buggy(build, path):
    model = build()
    model.load_weights(path)
    return model


def fixed(build, path):
    model = build()
    model.optimizer.build(model.trainable_variables)
    model.load_weights(path)
    return model


def variant_a_step_without_size(build, path):
    model = build()
    rate = float(model.optimizer.learning_rate.numpy())
    model.optimizer.learning_rate.assign(0.0)
    zeros = [v * 0 for v in model.trainable_variables]
    model.optimizer.apply(zeros, model.trainable_variables)
    model.load_weights(path)
    model.optimizer.learning_rate.assign(rate)
    return model


def wrong_only_the_count(build, path):
    model = build()
    model.load_weights(path)
    model.optimizer.iterations.assign(3)
    return model


def wrong_smaller_rate(build, path):
    model = build()
    model.load_weights(path)
    model.optimizer.learning_rate.assign(0.1 * model.optimizer.learning_rate)
    return model


def _build():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.05), "mse")
    return model


def _train(model, seed, steps):
    weights = model.trainable_variables
    for x in np.random.default_rng(seed).normal(size=(6, 8, 4)).astype("float32")[steps]:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(x) - x.sum(axis=1, keepdims=True)))
        model.optimizer.apply(tape.gradient(loss, weights), weights)


def _interrupted(resume, seed):
    """Weights after six steps: in a row, and stopped after three; the optimizer on return."""
    first = _build()
    _train(first, seed, slice(0, 3))
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras says that it skips the optimizer
        path = Path(folder) / "model.weights.h5"
        first.save_weights(path)
        second = resume(_build, path)
    step = int(second.optimizer.iterations.numpy())
    _train(first, seed, slice(3, 6))
    _train(second, seed, slice(3, 6))
    return first, second, step


def symptom(resume, seed):
    """Six steps in a row, and with a restart in the middle."""
    first, second, step = _interrupted(resume, seed)
    pairs = zip(first.get_weights(), second.get_weights(), strict=True)
    apart = max(float(np.abs(a - b).max()) for a, b in pairs)
    facts = {"optimizer's step after loading (3)": step, "weights apart after 3 more": apart}
    return apart > 1e-5 or step != 3, facts


def checks(c):
    def look():
        first, second, step = _interrupted(c.answer, c.seed)
        flat = [np.concatenate([w.ravel() for w in m.get_weights()]) for m in (first, second)]
        rates = [m.optimizer.learning_rate for m in (first, second)]
        counts = [m.optimizer.iterations for m in (first, second)]
        flags = [len(m.trainable_variables) for m in (first, second)]
        return step, flat, rates, counts, flags

    step, flat, rates, counts, flags = c.observe(look)
    c.true("step", step == 3, got=np.array(step), want="step 3")
    c.close("weights", flat[1], flat[0], 1e-4, 1e-5)
    c.close("rate", rates[1], rates[0])
    c.close("step", counts[1], counts[0])
    c.close("left-trainable", flags[1], flags[0])
