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
    """As close as ``test_processes`` has a VAE, and for its reasons."""
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
        # One number (the discriminator's last bias) has no larger one beside it to be as good as.
        near = 1e-5 if np.size(b) > 1 else 1e-4
        np.testing.assert_allclose(a, b, rtol=0, atol=near * np.abs(b).max())
    images = [model.generate(4) for model in models]
    assert np.abs(np.subtract(*images, dtype=int)).max() <= 1
