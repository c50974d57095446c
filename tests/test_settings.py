"""Settings: YAML there and back, and errors that name the key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodimg_lib import InputError
from prodimg_lib.models.config import GANConfig, VAEConfig
from prodimg_lib.runs.config import RunConfig, load_config
from prodimg_lib.settings import parse, write_settings


@given(
    st.builds(
        RunConfig,
        model=st.sampled_from(["gan", "vae", "vqvae", "flow"]),
        seed=st.integers(0, 2**31),
        conditional=st.booleans(),
        settings=st.dictionaries(st.just("width"), st.integers(1, 99)),
    )
)
def test_yaml_there_and_back(tmp_path_factory, config):
    path = tmp_path_factory.mktemp("config") / "config.yaml"
    write_settings(config, path)
    assert load_config(path) == config


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        (RunConfig, {"modle": "gan"}, ["modle", "did you mean 'model'"]),
        (RunConfig, {"train": {"minuets": 3}}, ["train.minuets", "did you mean 'minutes'"]),
        (RunConfig, {"train": {"minutes": 0}}, ["train.minutes", "greater than 0"]),
        (
            RunConfig,
            {"model": "gans"},
            ["model = 'gans'", "'gan', 'vae', 'vqvae', 'flow' or 'latent-flow'"],
        ),
        (RunConfig, {"data": {"size": 48}}, ["data.size = 48", "28, 32 or 64"]),
        (GANConfig, {"zzz": 1}, ["unknown key 'zzz'", "latent_dim"]),
        (VAEConfig, {"beta": -1}, ["beta = -1"]),
        (RunConfig, ["a"], ["expected keys with values"]),
        (RunConfig, {"seed": 1, True: 1}, ["key True", "YAML reads yes"]),
        (RunConfig, {"settings": {1: 2}}, ["settings: key 1", "expected a name"]),
    ],
)
def test_errors_name_key_and_remedy_on_one_line(kind, values, words):
    with pytest.raises(InputError) as caught:
        parse(kind, values, "run.yaml")
    message = str(caught.value)
    assert "\n" not in message
    for word in ["run.yaml", *words]:
        assert word in message


def test_unreadable_files_are_named(tmp_path):
    with pytest.raises(InputError, match=r"nothing\.yaml"):
        load_config(tmp_path / "nothing.yaml")
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [1,")
    with pytest.raises(InputError, match=r"broken\.yaml is not valid YAML"):
        load_config(broken)


def test_empty_file_is_all_defaults(tmp_path):
    (tmp_path / "empty.yaml").write_text("")
    assert load_config(tmp_path / "empty.yaml") == RunConfig()
