"""C32: the loss of flow matching along straight lines."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "flow_matching_loss"


def starter(model, images, noise, t):
    """The regression loss of a velocity model on straight paths from noise to images.

    Time 0 is noise and time 1 is data; every image of the batch has its own time.

    Args:
        model: function of (x [batch, height, width, channels], t [batch]) that returns a
            velocity of the shape of x; made of TensorFlow operations.
        images: float32 [batch, height, width, channels], real images.
        noise: float32, the same shape; standard normal, already drawn for you.
        t: float32 [batch], times from 0 to 1, already drawn for you.

    Returns:
        Scalar tensor: the squared error of the velocity, mean over all numbers of the batch;
        differentiable in what the model is made of and in the images.
    """
    raise NotImplementedError


def reference(model, images, noise, t):
    share = tf.reshape(t, (-1, 1, 1, 1))
    points = (1.0 - share) * noise + share * images
    return tf.reduce_mean(tf.square(model(points, t) - (images - noise)))


def torch_reference(model, images, noise, t):
    import torch

    share = t.reshape(-1, 1, 1, 1)
    points = torch.lerp(noise, images, share)
    return torch.mean((model(points, t) - (images - noise)) ** 2)


def variant_keras_ops(model, images, noise, t):
    ops = keras.ops
    velocity = images - noise
    points = noise + ops.expand_dims(t, (1, 2, 3)) * velocity
    return ops.mean(ops.square(velocity - model(points, t)))


def variant_per_image_then_mean(model, images, noise, t):
    velocity = tf.subtract(images, noise)
    points = noise + tf.einsum("b,bhwc->bhwc", t, velocity)
    error = tf.reshape(model(points, t) - velocity, (tf.shape(images)[0], -1))
    return tf.reduce_mean(tf.reduce_mean(error * error, axis=1))


def variant_loss_class(model, images, noise, t):
    share = tf.convert_to_tensor(t)[:, tf.newaxis, tf.newaxis, tf.newaxis]
    points = share * images + (1 - share) * noise
    flat = [len(images), -1]
    loss = keras.losses.MeanSquaredError()
    return loss(tf.reshape(images - noise, flat), tf.reshape(model(points, t), flat))


def wrong_velocity_backwards(model, images, noise, t):
    share = tf.reshape(t, (-1, 1, 1, 1))
    points = (1.0 - share) * noise + share * images
    return tf.reduce_mean(tf.square(model(points, t) - (noise - images)))


def wrong_path_backwards(model, images, noise, t):
    share = tf.reshape(t, (-1, 1, 1, 1))
    points = (1.0 - share) * images + share * noise
    return tf.reduce_mean(tf.square(model(points, t) - (images - noise)))


def wrong_noise_as_target(model, images, noise, t):
    share = tf.reshape(t, (-1, 1, 1, 1))
    points = (1.0 - share) * noise + share * images
    return tf.reduce_mean(tf.square(model(points, t) - noise))


def wrong_image_as_target(model, images, noise, t):
    share = tf.reshape(t, (-1, 1, 1, 1))
    points = (1.0 - share) * noise + share * images
    return tf.reduce_mean(tf.square(model(points, t) - images))


def wrong_roots_of_a_diffusion(model, images, noise, t):
    share = tf.reshape(t, (-1, 1, 1, 1))
    points = tf.sqrt(1.0 - share) * noise + tf.sqrt(share) * images
    return tf.reduce_mean(tf.square(model(points, t) - (images - noise)))


def wrong_one_time_for_all(model, images, noise, t):
    return reference(model, images, noise, tf.fill(tf.shape(t), t[0]))


def wrong_time_along_channels(model, images, noise, t):
    points = (1.0 - t) * noise + t * images
    return tf.reduce_mean(tf.square(model(points, t) - (images - noise)))


def wrong_model_told_the_rest_of_the_time(model, images, noise, t):
    share = tf.reshape(t, (-1, 1, 1, 1))
    points = (1.0 - share) * noise + share * images
    return tf.reduce_mean(tf.square(model(points, 1.0 - t) - (images - noise)))


def wrong_summed(model, images, noise, t):
    return reference(model, images, noise, t) * tf.cast(tf.size(images), tf.float32)


def wrong_summed_over_pixels(model, images, noise, t):
    size = tf.size(images) / tf.shape(images)[0]
    return reference(model, images, noise, t) * tf.cast(size, tf.float32)


def wrong_absolute(model, images, noise, t):
    share = tf.reshape(t, (-1, 1, 1, 1))
    points = (1.0 - share) * noise + share * images
    return tf.reduce_mean(tf.abs(model(points, t) - (images - noise)))


def wrong_target_divided_by_time(model, images, noise, t):
    # (image - point) / t; the way that is left has to be covered in 1 - t.
    share = tf.reshape(t, (-1, 1, 1, 1))
    points = (1.0 - share) * noise + share * images
    return tf.reduce_mean(tf.square(model(points, t) - (images - points) / share))


def wrong_model_cut_off(model, images, noise, t):
    share = tf.reshape(t, (-1, 1, 1, 1))
    points = (1.0 - share) * noise + share * images
    found = tf.stop_gradient(model(points, t))
    return tf.reduce_mean(tf.square(found - (images - noise)))


def checks(c):
    # As many channels as images, so that times along the wrong axis raise nothing.
    shape = (3, 4, 5, 3)
    images, noise = c.normal(*shape) * 0.5 + 1, c.normal(*shape)
    t = c.rng.permutation([0.15, 0.4, 0.8]).astype("float32")
    lib, each, a, b = c.library, (-1, 1, 1, 1), 0.7 + 0.1 * c.seed, -1.3
    weight = lib.variable(a)

    def model(x, time):
        return weight * lib.floats(x) + b * lib.floats(time, each)

    def knows_the_images(x, time):
        """The exact velocity for these images: the way that is left, over the time left."""
        way = lib.floats(images) - lib.floats(x)
        return way / (1 - lib.floats(time, each))

    args = tf.constant(images), tf.constant(noise), tf.constant(t)
    loss = c.call(model, *args)
    c.shape("scalar", loss, ())
    share = t.astype(float).reshape(-1, 1, 1, 1)
    points = (1 - share) * noise + share * images
    error = a * points + b * share - (images.astype(float) - noise)
    c.close("value", loss, np.mean(error**2), 1e-4, 1e-5)
    c.close("exact-velocity", c.call(knows_the_images, *args), 0.0, 0, 1e-5)
    want = 2 * error * (a * share - 1) / error.size
    c.gradient("gradient-images", (model, images, noise, t), 1, want, rtol=1e-3)

    _, found = c.observe(lambda: c.ask_slope(weight, model, *args))
    found = np.nan if found is None else found
    c.close(
        "gradient-model", found, 2 * np.mean(error * points), 1e-3, 1e-5, layer="gradient"
    )  # fmt: skip
