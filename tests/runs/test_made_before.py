"""Runs of the first edition, whose modules had other names, load and go on."""

import shutil
from pathlib import Path

import pytest

from prodimg_lib.models.families import MODELS
from prodimg_lib.runs.config import load_config
from prodimg_lib.runs.folder import load_data, load_model
from prodimg_lib.runs.records import Checkpoints, History
from prodimg_lib.runs.run import run
from prodimg_lib.runs.show import Show

# Six steps of `prodimg run` on the images below, made with version 0.1.0 at f5316e5.
BEFORE = Path(__file__).parents[1] / "made_before"


@pytest.fixture(params=["gan", "vae", "vqvae"])
def old(request, tmp_path, shop):
    """A copy of an old run beside its photographs."""
    out = tmp_path / request.param
    shutil.copytree(BEFORE / request.param, out)
    path = out / "config.yaml"
    path.write_text(path.read_text().replace("SHOP", str(shop)))
    return out


@pytest.mark.filterwarnings("error:Skipping variable loading")  # else an optimizer starts anew
def test_an_old_run_loads(old):
    model = load_model(old)
    assert type(model) is MODELS[old.name].load()
    assert int(model.step.value) == 6
    assert model.generate(3, seed=1).shape == (3, 28, 28, 1)


def test_an_old_run_goes_on(old):
    config = load_config(old / "config.yaml")
    longer = config.model_copy(update={"train": config.train.model_copy(update={"steps": 8})})
    said = []

    class Listen(Show):
        def message(self, line):
            said.append(line)

    run(longer, old, Listen())
    assert "going on from step 6" in said
    assert Checkpoints(old / "checkpoints").state()["step"] == 8
    assert [row["step"] for row in History(old / "history.csv").rows()] == [6, 8]
    assert (old / "report.html").is_file()
    assert len(load_data(config).images) == 34
