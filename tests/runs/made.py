"""Folders as finished runs leave them, made without training."""

import json

import numpy as np

from prodimg_lib.runs.config import RunConfig
from prodimg_lib.runs.outputs import write_images
from prodimg_lib.settings import parse, write_settings
from tests.samples import tiny_images


def facts(value, uncertainty=None, floor=None, **more):
    """An entry of ``Scores``; of the catalogue's classifier unless said otherwise."""
    like = {"n": 200, "d": 64, "network": "catalogue classifier", "features": "catalogue 12345678"}
    return {"value": value, "uncertainty": uncertainty, "floor": floor, **like, **more}


def finished_run(
    folder, metrics, *, digest="all:one", step=100, seconds=60.0, findings=None, **values
):
    """A run folder with these metrics; ``values`` are settings of its ``RunConfig``."""
    folder.mkdir(parents=True)
    values["train"] = {"batch_size": 32} | values.get("train", {})  # as a run notes it
    config = parse(RunConfig, values)
    write_settings(config, folder / "config.yaml")
    training = {"step": step, "seconds": seconds}
    result = {"metrics": metrics, "notes": [], "advice": [], "training": training, "seed": 0}
    (folder / "metrics.json").write_text(json.dumps(result))
    (folder / "environment.json").write_text(json.dumps({"system": "test", "cores": 2}))
    checkpoints = folder / "checkpoints"
    checkpoints.mkdir()
    (checkpoints / "step-1.keras").write_bytes(b"0" * 2_000_000)
    state = {"file": "step-1.keras", "step": step, "seconds": seconds, "data": digest}
    (checkpoints / "state.json").write_text(json.dumps(state))
    (folder / "history.csv").write_text("step,seconds,loss\n50,30,2.5\n100,60,1.5\n")
    if findings is not None:
        (folder / "doctor.json").write_text(json.dumps(findings))
    images, labels = tiny_images(24)
    write_images(
        folder, images, labels, ("left", "right"), 0, {"score": np.zeros(24)}, "samples/images"
    )
    return folder
