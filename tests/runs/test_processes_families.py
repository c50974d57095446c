"""A GAN and a flow of two processes are those of one: both have what a VAE has not."""

import pytest

from prodimg_lib.runs.folder import load_data
from prodimg_lib.runs.processes import train_together
from prodimg_lib.runs.show import Show
from tests.runs.test_processes import TWO, config, spawning, trained_alike

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
    trained_alike(together, alone, [1, 2], 1e-4)
