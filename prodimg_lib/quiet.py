"""Load TensorFlow without its start-up notes, which come from C++ before any log level is read."""

import os
import sys
import tempfile


def load_tensorflow():
    """Import TensorFlow and Keras and find the devices, with the process's stderr held back.

    What was held back is shown after all if loading fails.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held:
        stderr = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            import keras  # noqa: F401
            import tensorflow as tf

            tf.config.list_physical_devices()  # this too writes notes, the first time
        except BaseException:
            os.dup2(stderr, 2)
            held.seek(0)
            sys.stderr.write(held.read().decode(errors="replace"))
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
