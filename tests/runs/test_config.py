"""A run's settings: those of the family that it names, chosen ones kept apart from defaults."""

from dataclasses import replace
from types import SimpleNamespace
from unittest.mock import Mock

import numpy as np
import pytest

from prodimg_lib import InputError
from prodimg_lib.models.augment import AUGMENTATIONS
from prodimg_lib.models.build import model_config
from prodimg_lib.models.config import BATCH, FEW, GANConfig, VAEConfig, VQVAEConfig
from prodimg_lib.models.families import MODELS
from prodimg_lib.runs.config import RunConfig, with_batch_size
from prodimg_lib.runs.folder import open_folder
from prodimg_lib.runs.training import of_few
from prodimg_lib.settings import parse, write_settings
from prodimg_lib.text import text
from tests.samples import product_images


@pytest.mark.parametrize(("model", "kind"), [("gan", GANConfig), ("vae", VAEConfig)])
def test_settings_are_those_of_the_family(model, kind):
    config = RunConfig(model=model, settings={"width": 48})
    assert isinstance(config.settings, kind)
    assert config.settings.width == 48


def test_only_what_was_chosen_is_written_and_read_back():
    config = RunConfig(model="vqvae", settings={"codes": 16})
    assert config.model_dump()["settings"] == {"codes": 16}
    again = RunConfig(**config.model_dump(mode="json"))
    assert again == config
    assert isinstance(again.settings, VQVAEConfig)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"settings": {"widht": 3}}, ["unknown key 'settings.widht'", "did you mean 'width'"]),
        ({"settings": {"width": -3}}, ["settings.width = -3", "greater than 0"]),
        ({"settings": {"seed": 3}}, ["settings.seed cannot be set here", "--seed"]),
        ({"settings": [1]}, ["settings: expected keys with values, got list"]),
        ({"model": "vae", "settings": {"loss": "hinge"}}, ["settings.loss", "likelihood"]),
        ({"settings": {"loss": "wasserstein"}}, ["bounded slope"]),
    ],
)
def test_errors_of_settings_name_the_key_as_it_stands_in_the_file(values, words):
    with pytest.raises(InputError) as caught:
        parse(RunConfig, values, "run.yaml")
    message = str(caught.value)
    assert message.startswith("run.yaml: ")
    assert "\n" not in message
    assert "num_classes" not in message
    for word in words:
        assert word in message


def test_settings_that_need_classes_wait_for_the_data():
    config = RunConfig(settings={"g_conditioning": "batch_normalisation", "pseudo_classes": 0})
    assert model_config(config, product_images()).num_classes == 2
    flat = RunConfig(settings=config.settings, conditional=False)
    with pytest.raises(InputError, match="needs classes"):
        model_config(flat, product_images())


def test_pseudo_classes_wait_for_data_without_labels():
    config = RunConfig(settings={"pseudo_classes": 5}, conditional=False)
    assert model_config(config, product_images()).clusters == 5
    labelled = RunConfig(settings=config.settings)
    with pytest.raises(InputError, match="stand in for labels"):
        model_config(labelled, product_images())


def test_the_shape_comes_from_data_and_run_and_defaults_follow_it():
    with_classes = model_config(RunConfig(seed=7), product_images())
    without = model_config(RunConfig(seed=7, conditional=False), product_images())
    assert (with_classes.size, with_classes.channels, with_classes.seed) == (28, 1, 7)
    assert with_classes.g_conditioning == "batch_normalisation"
    assert (with_classes.pseudo_classes, without.pseudo_classes) == (0, 100)
    assert with_classes.given == without.given == {}


def photographs(n, size=64, channels=3):
    images = np.zeros((n, size, size, channels), np.uint8)
    return replace(product_images(), images=images, labels=np.arange(n) % 2)


def test_few_photographs_in_colour_are_augmented_unless_somebody_chose():
    config, few = RunConfig(), photographs(8)
    settings = model_config(config, few)
    assert settings.augment == GANConfig.AUGMENT_FEW != ()
    assert settings.given == {}
    # In a saved model it stands as any other setting.
    assert GANConfig(**settings.model_dump()).augment == GANConfig.AUGMENT_FEW
    many = Mock(wraps=few, train_count=FEW, size=64, channels=3, num_classes=2)
    for data in (photographs(8, channels=1), photographs(8, size=32), many):
        assert model_config(config, data).augment == ()
    chosen = RunConfig(settings={"augment": []})
    assert model_config(chosen, few).augment == ()


def test_few_photographs_follow_their_recipe_unless_somebody_chose_one():
    few = photographs(8)

    def found(data=few, **settings):
        config = model_config(RunConfig(settings=settings), data)
        return config.recipe, config.loss, config.penalty

    assert found() == ("r3gan", "relativistic", "r1_r2")
    assert model_config(RunConfig(), few).given == {}
    assert found(penalty_weight=1.0) == found()
    usual = ("usual", "non_saturating", "r1")
    assert found(photographs(8, size=32)) == found(recipe="usual") == usual
    assert found(loss="hinge") == ("usual", "hinge", "r1")
    assert found(d_normalisation="spectral") == ("usual", "non_saturating", "none")


def test_the_batch_size_follows_from_model_and_data_unless_somebody_chose():
    few = photographs(300)
    many = Mock(wraps=few, train_count=FEW, size=64, channels=3)

    def size(data, **values):
        return with_batch_size(RunConfig(**values), data).train.batch_size

    assert size(few) == GANConfig.BATCH_OF_FEW < BATCH
    for data in (many, photographs(300, channels=1), photographs(300, size=32)):
        assert size(data) == BATCH
    assert size(few, model="vae") == BATCH
    assert size(few, train={"batch_size": 50}) == 50
    again = with_batch_size(RunConfig(), few)
    assert with_batch_size(again, many) == again  # noted, it stays
    message = r"^8 images do not fill one batch of 16 .*: add --set train\.batch_size=8, or images$"
    with pytest.raises(InputError, match=message):
        size(photographs(8))
    with pytest.raises(InputError, match=r"300 images do not fill one batch of 301"):
        size(few, train={"batch_size": 301})
    with pytest.raises(InputError, match=r": add images$"):
        size(photographs(1))


def test_a_run_goes_on_with_the_batch_size_that_it_noted(tmp_path):
    noted = RunConfig(train={"batch_size": 64})
    write_settings(noted, tmp_path / "config.yaml")
    assert open_folder(RunConfig(), tmp_path) == noted
    with pytest.raises(InputError, match=r"train\.batch_size = 64, now 16 is asked for"):
        open_folder(RunConfig(train={"batch_size": 16}), tmp_path)


def test_a_run_says_what_it_does_otherwise_as_images_are_few():
    few, words = photographs(300), text()["of_few"]
    assert set(words["how"]) == set(AUGMENTATIONS)

    def said(data=few, **values):
        config = with_batch_size(RunConfig(**values), data)
        return of_few(config, SimpleNamespace(config=model_config(config, data)), data)

    whole = said()
    assert whole.startswith("300 images are few")
    assert all(words["how"][name] in whole for name in GANConfig.AUGMENT_FEW)
    assert "in batches of 16 (" in whole
    assert "by the recipe r3gan (" in whole
    assert "mirrored" not in said(settings={"augment": ["flip"]})
    assert "r3gan" not in said(settings={"recipe": "usual"})
    assert "batches" not in said(train={"batch_size": 32})
    asked = {"augment": ["flip"], "recipe": "r3gan"}
    assert said(settings=asked, train={"batch_size": 32}) is None
    assert said(photographs(300, channels=1)) is None
    assert said(model="vae") is None


def test_every_family_has_a_name_for_people_and_settings_of_its_class():
    for name, family in MODELS.items():
        assert text()["models"][name]
        assert family.load().Config is family.load_config()
