"""Run twice by ``test_replicas.py``: each is one of two processes that train together.

    python -m tests.two_processes 0 localhost:5000 localhost:5001

Prints JSON: the number of replicas, and for each of ``WHICH`` of ``two_devices.MODELS`` the logs of
every step.
"""

import json
import os
import sys

from tests.samples import tiny, tiny_images

WHICH = (6,)  # a VAE, which is made soonest


def main(index, *places):
    place = {"cluster": {"worker": places}, "task": {"type": "worker", "index": int(index)}}
    os.environ["TF_CONFIG"] = json.dumps(place)
    import tensorflow as tf

    strategy = tf.distribute.MultiWorkerMirroredStrategy()  # before any other use of TensorFlow
    from prodimg_lib.data.batches import batches
    from prodimg_lib.models import replicas
    from tests.two_devices import BATCH, MODELS, STEPS

    images, labels = tiny_images(64)
    found = []
    for kind, settings in (MODELS[i] for i in WHICH):
        with strategy.scope():
            model = kind(**tiny(kind), num_classes=2, **settings)
            model.compile()
        rows = []

        def keep(logs, model=model, rows=rows):
            rows.append(logs)
            model.reset_metrics()

        replicas.train(model, batches(images, labels, batch_size=BATCH, seed=1), STEPS, keep)
        found.append(rows)
    print(json.dumps({"replicas": strategy.num_replicas_in_sync, "logs": found}))


if __name__ == "__main__":
    main(*sys.argv[1:])
