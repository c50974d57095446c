"""What several tests of runs share."""

import pytest
from PIL import Image

from tests.samples import tiny_images


@pytest.fixture
def shop(tmp_path):
    """Photographs in two classes: those that the runs in made_before were trained on."""
    folder = tmp_path / "shop"
    for i, (image, label) in enumerate(zip(*tiny_images(40), strict=True)):
        place = folder / ("left", "right")[label]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[..., 0]).save(place / f"{i}.png")
    return folder
