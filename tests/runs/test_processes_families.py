"""A GAN and a flow of two processes are those of one: both have what a VAE has not."""

import numpy as np
import pytest

from prodimg_lib.runs.folder import load_data
from prodimg_lib.runs.processes import train_together
from prodimg_lib.runs.records import Checkpoints, History
from prodimg_lib.runs.show import Show
from tests.runs.test_processes import TWO, config, spawning

# Random changes that replicas must draw by the row, and an average of the weights beside them.
FAMILIES = {
    "gan": {"width": 4, "latent_dim": 5, "augment": ["flip", "translation"]},
    "flow": {"width": 4, "steps": 3},
}


@pytest.mark.parametrize("family", FAMILIES)
def test_two_processes_train_as_one(family, tmp_path, monkeypatch):
    """As ``test_processes`` has a VAE. Gradients summed in another order differ by some 1e-7 of
    their terms, and by more of a sum whose terms cancel; Adam, which divides a gradient by its
    size, keeps that share.
    """
    from prodimg_lib.runs.training import train

    spawning(monkeypatch)
    asked = config(family, FAMILIES[family], steps=2, log_every=1)
    alone, together = tmp_path / "alone", tmp_path / "together"
    train(asked, load_data(asked), alone, Show())
    train_together(asked, together, TWO, Show())
    mine, its = (History(folder / "history.csv").rows() for folder in (together, alone))
    assert [row["step"] for row in mine] == [row["step"] for row in its] == [1, 2]
    for a, b in zip(mine, its, strict=True):
        names = b.keys() - {"seconds"}
        assert {k: a[k] for k in names} == pytest.approx({k: b[k] for k in names}, rel=1e-5)
    models = [Checkpoints(folder / "checkpoints").load() for folder in (together, alone)]
    for a, b in zip(*(model.state() for model in models), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-4 * np.abs(b).max())
    images = [model.generate(4) for model in models]
    assert np.abs(np.subtract(*images, dtype=int)).max() <= 1
