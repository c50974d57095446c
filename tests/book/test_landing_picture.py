"""The landing page's picture is what the shipped generators draw today."""

import landing_picture
import numpy as np
from PIL import Image


def test_the_stored_picture_is_that_of_the_shipped_models():
    with Image.open(landing_picture.PICTURE) as file:
        stored = np.asarray(file.convert("RGB"), np.float32)
    drawn = landing_picture.picture().astype(np.float32)
    assert stored.shape == drawn.shape
    assert np.abs(stored - drawn).mean() < 4  # of 255: what WebP rounds away
    columns = np.arange(drawn.shape[1])[::-1]
    assert np.abs(stored - drawn[:, columns]).mean() > 20
