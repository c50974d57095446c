"""A folder of photographs as sellers send them, made of random numbers: scenes, copies, faults."""

import shutil

import numpy as np
from PIL import Image, ImageFilter


def scene(seed, size=(120, 90), grain=6):
    """As near to a photograph as random numbers come: large soft shapes and some grain."""
    rng = np.random.default_rng(seed)
    soft = Image.fromarray(rng.integers(0, 256, (6, 8, 3), np.uint8)).resize(size)
    pixels = np.asarray(soft) + rng.normal(0, grain, (*size[::-1], 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def shop(folder, per_class=12, classes=("hats", "mugs")):
    """``per_class`` scenes of each class; every one different."""
    for c, name in enumerate(classes):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for i in range(per_class):
            scene(1000 * c + i).save(folder / name / f"{i:02d}.png")
    return folder


def faults(folder):
    """What a gate, the search for duplicates or the decoder must find: file name -> reason."""
    place = folder / "hats"
    shutil.copy(place / "00.png", place / "z-same.png")
    scene(1).resize((60, 45), Image.Resampling.NEAREST).save(place / "z-copy.jpg", quality=90)
    scene(70).filter(ImageFilter.GaussianBlur(6)).save(place / "blurred.png")
    scene(71).point(lambda v: v // 6).save(place / "dark.png")
    scene(72).resize((20, 15)).save(place / "tiny.png")
    scene(73).crop((0, 0, 120, 30)).save(place / "strip.png")
    Image.new("RGB", (100, 100), "white").save(place / "blank.png")
    (place / "cut.png").write_bytes((place / "00.png").read_bytes()[:3000])
    (place / "notes.txt").write_text("none")
    (place / "out.png").symlink_to("/etc/hostname")
    return {
        "hats/z-same.png": "equal",
        "hats/z-copy.jpg": "copy",
        "hats/blurred.png": "blurred",
        "hats/dark.png": "dark",
        "hats/tiny.png": "too_small",
        "hats/strip.png": "odd_aspect",
        "hats/blank.png": "blank",
        "hats/cut.png": "broken: ",
        "hats/notes.txt": "not an image file",
        "hats/out.png": "a link out of the folder",
    }
