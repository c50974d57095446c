import re

import pytest

keras = pytest.importorskip("keras")
from keras import layers  # noqa: E402

from prodimg_lib.plots import network_diagram, parameter_table  # noqa: E402
from prodimg_lib.plots.networks import stages  # noqa: E402


@pytest.fixture(scope="module")
def network():
    return keras.Sequential(
        [
            keras.Input((5,)),
            layers.Dense(4 * 4 * 6, use_bias=False),
            layers.Reshape((4, 4, 6)),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2DTranspose(3, 4, 2, "same", activation="tanh"),
        ],
        name="small",
    )


def test_stages_are_the_maps_and_what_acts_on_a_map_stands_beside_it(network):
    found = stages(network)
    assert [s.shape for s in found] == [(5,), (96,), (4, 4, 6), (8, 8, 3)]
    assert found[2].notes == ["batch norm", "ReLU"]
    assert found[3].notes == ["tanh"]
    assert found[3].name == "transposed conv 4×4, stride 2"


def test_parameters_are_those_that_keras_trains(network):
    total = sum(weight.shape.num_elements() for weight in network.trainable_weights)
    assert sum(stage.parameters for stage in stages(network)) == total
    assert f"**{total:,}**" in parameter_table(network).data


def test_a_formula_gives_its_number(network):
    for stage in stages(network):
        if stage.formula and "batch norm" not in stage.notes:
            assert eval(stage.formula.replace("·", "*")) == stage.parameters


def test_the_drawing_says_every_shape_in_the_colour_of_the_page_and_in_words(network):
    drawing = network_diagram(network).data
    for text in ("5", "96", "4×4×6", "8×8×3", "tanh", "batch norm"):
        assert f">{text}</text>" in drawing
    assert 'fill="currentColor"' in drawing
    label = re.search('role="img" aria-label="([^"]+)"', drawing)[1]
    assert "then transposed conv 4×4, stride 2 to 8×8×3, tanh" in label
    assert len(re.findall("<rect", drawing)) == 4
