"""Preparing photographs: speed against a plain Pillow loop, memory from 10,000 images to a million.

    python -m benchmarks.prepare                 # speed, and memory at 10,000 and 30,000
    python -m benchmarks.prepare --speed         # speed alone: results/prepare.json
    python -m benchmarks.prepare --memory        # memory alone: results/prepare_memory.json
    python -m benchmarks.prepare --memory --large --place DIR     # at 100,000 too
    python -m benchmarks.prepare --memory --million --place DIR   # and at 1,000,000: an hour, 15 GB

With ``--place`` images and preparations stay in DIR, and the same command, repeated after it was
stopped, goes on where it was.

The loop is what one writes first: open, turn as EXIF says, RGB, resize with Lanczos, pad, keep.
Ours does that and hashes, measures, finds near duplicates, splits and writes: the whole command.
Processor seconds are compared, which more cores do not flatter. The images are drawn, so that
anyone has the same.
"""

import argparse
import contextlib
import csv
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.record import note, record, start, stored

SIZE = 64
KINDS = {
    "400 x 533 (a shop's page)": (400, 533, 600),
    "3000 x 4000 (a telephone)": (3000, 4000, 40),
}
COUNTS, LARGE, MILLION = (10_000, 30_000), 100_000, 1_000_000
STEPS = ("prepare", "again", "stream")
SMALL = 32  # pixels of the images whose number is large
REPEATS = 3


def draw(folder, width, height, count):
    """``count`` JPEG files: soft shapes and grain on a plain ground, no two alike."""
    from PIL import Image

    rng = np.random.default_rng(0)
    folder.mkdir()
    for i in range(count):
        soft = rng.integers(0, 256, (8, 6, 3), np.uint8)
        pixels = np.full((height, width, 3), rng.integers(120, 256, 3), np.uint8)
        inside = np.asarray(Image.fromarray(soft).resize((width * 2 // 3, height * 2 // 3)))
        top, left = height // 6, width // 6
        pixels[top : top + inside.shape[0], left : left + inside.shape[1]] = inside
        grain = rng.integers(-6, 7, (height // 4 + 1, width // 4 + 1, 1), np.int8)
        grain = grain.repeat(4, 0).repeat(4, 1)[:height, :width]
        pixels = np.clip(pixels.astype(np.int16) + grain, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{i:05d}.jpg", quality=90)


def loop(folder):
    """What one writes first; the images as one array."""
    from PIL import Image, ImageOps

    images = []
    for path in sorted(folder.iterdir()):
        with Image.open(path) as opened:
            image = ImageOps.exif_transpose(opened).convert("RGB")
        scale = SIZE / max(image.size)
        inner = round(image.width * scale), round(image.height * scale)
        ground = Image.new("RGB", (SIZE, SIZE), (255, 255, 255))
        small = image.resize(inner, Image.Resampling.LANCZOS)
        ground.paste(small, ((SIZE - inner[0]) // 2, (SIZE - inner[1]) // 2))
        images.append(np.asarray(ground))
    return np.stack(images)


def ours(folder, out, method):
    """The whole command."""
    from prodimg_lib.data.config import PrepareConfig
    from prodimg_lib.data.preparation import prepare_folder

    return prepare_folder(folder, out, PrepareConfig(size=SIZE, cutout={"method": method}))


def speed():
    """Images per second of processor and of clock, ours and the loop's, at two sizes."""
    figures = {}
    for name, (width, height, count) in KINDS.items():
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "photographs"
            draw(folder, width, height, count)
            runs = {
                "loop": lambda k, folder=folder: loop(folder),
                "ours": lambda k, folder=folder, p=place: ours(folder, Path(p) / f"a{k}", "none"),
                "ours, cut out": lambda k, folder=folder, p=place: ours(
                    folder, Path(p) / f"b{k}", "opencv"
                ),
            }
            rates = {kind: _rates(run, count) for kind, run in runs.items()}
            begun = time.process_time()
            ours(folder, Path(place) / "a0", "none")
            rates["ours, again: seconds"] = round(time.process_time() - begun, 3)
            _check(folder, Path(place) / "a0")
        for kind in ("ours", "ours, cut out"):
            for clock in ("per processor second", "per second"):
                ratio = rates[kind][clock] / rates["loop"][clock]
                rates[kind][f"ratio {clock}"] = round(ratio, 2)
        figures[name] = rates
        note(f"{name}: {rates}")
    return figures


def _rates(run, count):
    """Of the fastest of some runs: noise only ever adds."""
    cpu, clock = [], []
    for k in range(REPEATS):
        begun = time.process_time(), time.perf_counter()
        run(k)
        cpu.append(time.process_time() - begun[0])
        clock.append(time.perf_counter() - begun[1])
    return {
        "per processor second": round(count / min(cpu), 1),
        "per second": round(count / min(clock), 1),
    }


def _check(folder, out):
    """Ours are the loop's images, but for the fast decoding of JPEG."""
    from prodimg_lib.data import load

    data = load(out)
    images = np.concatenate([data.images, data.val_images, data.test_images])
    found = {hashlib.sha256(image.tobytes()).hexdigest(): image for image in images}
    with (out / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["file"])
    expected = loop(folder)
    assert len(rows) == len(found) == len(expected)
    ours = np.stack([found[row["image_sha256"]] for row in rows])
    gap = np.abs(ours.astype(int) - expected).mean()
    assert gap < 2, gap


def memory(counts, facts, place):
    """Peak memory of processes that prepare, and that stream, more and more images; stored as it
    comes, and what is stored of the same commit is not measured again."""
    before = stored("prepare_memory") or {}
    same = before.get("environment", {}).get("commit") == facts["environment"]["commit"]
    figures = before["memory"] if same else {}
    figures.pop("bytes_per_image", None)
    for count in counts:
        found = figures.setdefault(f"{count:,}", {})
        folder = place / str(count)
        for step in STEPS:
            if step not in found:
                _many(folder / "photographs", count)
                note(f"{count:,}: {step} …")
                found[step] = _alone(step, folder)
                rising = dict(sorted(figures.items(), key=lambda item: _number(item[0])))
                record("prepare_memory", {"memory": rising | _slopes(rising)}, facts)


def _number(name):
    return int(name.replace(",", ""))


def _slopes(figures):
    """Bytes that each further image takes, from the least number to the greatest."""
    whole = [name for name, found in figures.items() if set(found) == set(STEPS)]
    if len(whole) < 2:
        return {}
    few, many = figures[whole[0]], figures[whole[-1]]
    grown = {step: many[step]["peak_megabytes"] - few[step]["peak_megabytes"] for step in STEPS}
    more = _number(whole[-1]) - _number(whole[0])
    return {"bytes_per_image": {step: round(mb * 2**20 / more) for step, mb in grown.items()}}


def _many(folder, count):
    """Small BMP files in folders of 1,000: random soft shapes with grain, no two alike. Folders
    that are there already are left."""
    header = (
        b"BM" + (54 + 3 * SMALL**2).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little")
    )
    header += (
        (40).to_bytes(4, "little") + 2 * SMALL.to_bytes(4, "little") + b"\1\0\x18\0" + bytes(24)
    )
    for part in range(-(-count // 1000)):
        place, partial = folder / f"class{part % 10}" / f"{part:04d}", folder.with_name("partial")
        if place.exists():
            continue
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        n = min(1000, count - 1000 * part)
        rng = np.random.default_rng([0, part])
        soft = rng.integers(0, 236, (n, 4, 4, 3), np.uint8).repeat(8, 1).repeat(8, 2)
        grain = rng.integers(0, 20, (n, SMALL, SMALL, 3), np.uint8)
        for i, image in enumerate(soft + grain):
            (partial / f"{i:03d}.bmp").write_bytes(header + image.tobytes())
        place.parent.mkdir(parents=True, exist_ok=True)
        partial.rename(place)


def _alone(step, place):
    """Of a process of its own: peak memory, and seconds unless an earlier one began its work."""
    went_on = step == "prepare" and (place / "out").exists()
    answer = subprocess.run(
        [sys.executable, "-m", "benchmarks.prepare", step, str(place)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    seconds, peak = map(float, answer.stdout.split()[-2:])
    spent = None if went_on else round(seconds, 1)
    return {"processor_seconds": spent, "peak_megabytes": round(peak, 1)}


def _step(step, place):
    """What a process of its own does: prints processor seconds and peak memory."""
    import tensorflow as tf  # in memory from the start, whatever the number

    from prodimg_lib.data import load
    from prodimg_lib.data.config import PrepareConfig
    from prodimg_lib.data.preparation import prepare_folder
    from prodimg_lib.data.stream import stream

    tf.config.threading.set_intra_op_parallelism_threads(2)
    begun, out = time.process_time(), Path(place) / "out"
    if step == "stream":
        data = load(out)
        if data.shards:  # one epoch; the fewest are in memory
            for _ in stream(data.shards, True, batch_size=64).take(data.shards.count // 64):
                pass
    else:
        config = PrepareConfig(size=28, cutout={"method": "none"}, shard_above_mb=0, shard_mb=32)
        prepare_folder(Path(place) / "photographs", out, config)
    from benchmarks.metrics import _peak_megabytes

    print(time.process_time() - begun, _peak_megabytes())


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for flag in ("speed", "memory", "large", "million", "uncommitted"):
        parser.add_argument(f"--{flag}", action="store_true")
    parser.add_argument("--place", type=Path, help="an empty folder, or that of a stopped run")
    asked = parser.parse_args()
    counts = [MILLION, LARGE, *COUNTS][0 if asked.million else 1 if asked.large else 2 :]
    facts = start(asked.uncommitted)
    if not asked.memory:
        record("prepare", {"load_average": os.getloadavg()[0], "speed": speed()}, facts)
    if not asked.speed:
        with contextlib.ExitStack() as stack:
            place = asked.place or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            memory(counts, facts, place)


if __name__ == "__main__":
    _step(*sys.argv[1:]) if sys.argv[1:2] and sys.argv[1] in STEPS else main()
