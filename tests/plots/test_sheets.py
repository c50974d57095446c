import base64
import io
import re

import numpy as np
from PIL import Image

from prodimg_lib.plots import sheet


def strips(html):
    for content in re.findall(r'src="data:image/png;base64,([^"]+)"', html):
        yield np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))


def test_every_pixel_is_stored_once_and_as_it_is():
    images = np.random.default_rng(0).integers(0, 256, (3, 4, 5, 3), dtype=np.uint8)
    (strip,) = strips(sheet({"row": images}, "noise", gap=2).data)
    assert strip.shape == (4, 3 * 5 + 2 * 2, 4)
    for i, image in enumerate(images):
        part = strip[:, 7 * i : 7 * i + 5]
        assert np.array_equal(part[..., :3], image)
        assert (part[..., 3] == 255).all()
    assert not strip[:, 5:7, 3].any(), "the gap is transparent"


def test_rows_have_labels_groups_have_heads_and_all_of_it_a_text():
    grey = np.zeros((2, 3, 3, 1), np.uint8)
    html = sheet({"a < b": (grey, grey)}, 'two "kinds"', heads=("real", "generated")).data
    assert "<span>a &lt; b</span>" in html
    assert "<b>real</b><b>generated</b>" in html
    assert 'role="img" aria-label="two &quot;kinds&quot;"' in html
    assert html.count("border-left") == 1
    assert re.findall(r'<img .*?alt="(.*?)"', html) == ["a &lt; b"] * 2
    assert [strip.shape for strip in strips(html)] == [(3, 7, 2)] * 2


def test_the_scale_is_that_asked_for_or_fits_a_page():
    image = np.zeros((1, 10, 10, 1), np.uint8)
    assert 'width="30"' in sheet({"": image}, "x", scale=3).data
    wide = np.zeros((100, 64, 64, 1), np.uint8)
    assert f'width="{100 * 65 - 1}"' in sheet({"": wide}, "x").data
