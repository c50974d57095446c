"""SavedModel and ONNX: write a graph to them, and run what was written."""

from importlib import metadata
from pathlib import Path

import tensorflow as tf

from prodimg_lib.errors import InputError
from prodimg_lib.serve import graph

OPSET = 18  # of ONNX


def graph_of(model, drawing):
    """A ``tf.function`` from ``z`` (and ``labels``) to ``{"images": uint8}``.

    Raises:
        InputError: a family that is no single graph.
    """
    z = tf.TensorSpec([None, model.noise_dim], tf.float32, name="z")
    if not model.conditional:

        def draw(z):
            return {"images": graph.images(model, z, None, **drawing)}

        function = tf.function(draw, input_signature=[z], autograph=False)
    else:

        def draw_classes(z, labels):
            return {"images": graph.images(model, z, labels, **drawing)}

        labels = tf.TensorSpec([None], tf.int32, name="labels")
        function = tf.function(draw_classes, input_signature=[z, labels], autograph=False)
    function.get_concrete_function()  # what cannot be traced is said now
    return function


def signature(model):
    """Inputs and output of the graph, for the manifest."""
    c = model.config
    inputs = {
        "z": {
            "dtype": "float32",
            "shape": [None, model.noise_dim],
            "meaning": "standard normal numbers; cut off, they make a GAN with classes less varied",
        }
    }
    if model.conditional:
        meaning = f"classes, from 0 to {c.num_classes - 1}"
        inputs["labels"] = {"dtype": "int32", "shape": [None], "meaning": meaning}
    images = {"dtype": "uint8", "shape": [None, c.size, c.size, c.channels]}
    return {"inputs": inputs, "outputs": {"images": images}}


def write_saved_model(function, model, path):
    """A SavedModel with the function as its signature ``serving_default``."""
    module = tf.Module()
    module.draw = function
    # What it holds of the model, so that it is saved with it.
    module.weights = [v.value for v in model.variables]
    tf.saved_model.save(module, str(path), signatures={"serving_default": function})


def saved_model(path):
    """What is in a SavedModel, as a function of arrays: z [n, d], labels [n] or None -> images."""
    loaded = tf.saved_model.load(str(path))
    run = loaded.signatures["serving_default"]

    def images(z, labels):
        given = {"z": tf.constant(z)}
        if labels is not None:
            given["labels"] = tf.constant(labels)
        return run(**given)["images"].numpy()

    images.loaded = loaded  # type: ignore[attr-defined]  # or its variables would go
    return images


def without_onnx(model):
    """Why a model gets no ONNX file, or None where it gets one.

    A flow's sampler is a loop around its network. The converter did not finish the shipped one
    within 400 seconds, on a busy machine, so it is not waited for.
    """
    if hasattr(model, "fields"):
        return "the converter does not finish the sampling loop of a flow in reasonable time"
    return None


def write_onnx(function, path):
    """The function as an ONNX file.

    Raises:
        InputError: the converter knows no counterpart of one of its operations.
    """
    import tf2onnx

    try:
        told, _ = tf2onnx.convert.from_function(
            function, input_signature=function.input_signature, opset=OPSET
        )
    except Exception as error:  # of whatever kind: the converter has no error of its own
        line = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"this model cannot be written as ONNX: {line}") from error
    Path(path).write_bytes(told.SerializeToString())


def onnx(path, threads=0):
    """What is in an ONNX file, as a function of arrays: see ``saved_model``."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def images(z, labels):
        given = {"z": z} if labels is None else {"z": z, "labels": labels}
        return session.run(["images"], given)[0]

    return images


def versions():
    """Of the packages behind an export."""
    names = ("tensorflow", "keras", "tf2onnx", "onnx", "onnxruntime")
    return {name: metadata.version(name) for name in names} | {"opset": OPSET}
