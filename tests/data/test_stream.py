"""Shards, streamed: every image once an epoch, a function of (seed, step), resumable."""

import shutil

import numpy as np
import pytest

from prodimg_lib import InputError
from prodimg_lib.data import load, prepared, to_model
from prodimg_lib.data.config import PrepareConfig
from prodimg_lib.data.preparation import prepare_folder
from prodimg_lib.data.prepared import load_prepared
from prodimg_lib.data.stream import stream
from prodimg_lib.runs.training import _reading
from tests.data.shop import shop


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("shards")
    config = PrepareConfig(
        size=28, cutout={"method": "none"}, shard_above_mb=0, shard_mb=0.02, val=0
    )
    prepare_folder(shop(place / "shop", 30), place / "out", config)
    return place / "out"


@pytest.fixture
def data(folder, monkeypatch):
    monkeypatch.setattr(prepared, "SAMPLE", 10)
    return load_prepared(folder)


def taken(data, n, labelled=True, **options):
    options = {"batch_size": 8, "seed": 3} | options
    return [
        tuple(x.numpy() for x in batch) if labelled else batch.numpy()
        for batch in stream(data.shards, labelled, **options).take(n)
    ]


def test_every_image_once_an_epoch_in_an_order_of_its_own(data, folder):
    whole = load_prepared(folder, limit=1000)
    assert whole.shards is None
    assert (data.shards.count, len(data.images), len(whole.images)) == (52, 10, 52)
    expected = {
        (to_model(image).tobytes(), int(label))
        for image, label in zip(whole.images, whole.labels, strict=True)
    }
    epochs = []
    batches = taken(data, 12)
    for epoch in (batches[:6], batches[6:]):
        seen = [
            (x.tobytes(), int(k))
            for images, labels in epoch
            for x, k in zip(images, labels, strict=True)
        ]
        assert len(seen) == len(set(seen)) == 48  # the last, incomplete batch is dropped
        assert set(seen) <= expected
        epochs.append(seen)
    assert epochs[0] != epochs[1]
    assert batches[0][0].dtype == np.float32
    assert batches[0][0].shape == (8, 28, 28, 3)


def test_resumed_anywhere_it_goes_on_as_if_never_stopped(data):
    straight = taken(data, 14)
    for start in (1, 5, 6, 11):
        for one, two in zip(
            straight[start:], taken(data, 14 - start, start_step=start), strict=True
        ):
            np.testing.assert_array_equal(one[0], two[0])
            np.testing.assert_array_equal(one[1], two[1])


def test_the_seed_decides_and_labels_may_be_left_out(data):
    one, again, other = taken(data, 2), taken(data, 2), taken(data, 2, seed=4)
    np.testing.assert_array_equal(one[1][0], again[1][0])
    assert not np.array_equal(one[0][0], other[0][0])
    np.testing.assert_array_equal(taken(data, 1, labelled=False)[0], one[0][0])


def test_too_few_for_a_batch(data):
    with pytest.raises(InputError, match="52 images do not fill one batch of 64"):
        stream(data.shards, True, batch_size=64)


def test_of_shards_a_limit_takes_classes_in_proportion_by_seed(folder):
    chosen = [load(folder, limit=10, seed=seed) for seed in (0, 1)]
    for one in chosen:
        assert np.bincount(one.labels).tolist() == [5, 5]
    assert not np.array_equal(chosen[0].images, chosen[1].images)


@pytest.mark.parametrize("damage", [lambda b: b[:3000], lambda b: b[:2999] + b"?" + b[3000:]])
def test_a_damaged_shard_is_named(folder, tmp_path, damage):
    place = tmp_path / "out"
    shutil.copytree(folder, place)
    path = sorted(place.glob("train-*.tfrecord"))[0]
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError, match=f"{path.name} is damaged .*: delete it, and prepare"):
        load_prepared(place)


def test_a_shard_that_goes_while_it_is_read_is_one_line(folder, tmp_path, monkeypatch):
    place = tmp_path / "out"
    shutil.copytree(folder, place)
    monkeypatch.setattr(prepared, "SAMPLE", 10)
    data = load_prepared(place)
    for path in data.shards.files:
        path.unlink()
    gone = pytest.raises(InputError, match=r"can no longer be read .*: prepare them again")
    with gone, _reading(data):
        taken(data, 1)


def test_a_run_streams(folder, tmp_path, monkeypatch):
    """The whole course of a run, over more training images than it has in memory."""
    from prodimg_lib.runs.config import RunConfig
    from prodimg_lib.runs.run import run

    monkeypatch.setattr(prepared, "SAMPLE", 20)
    config = RunConfig(
        data={"source": str(folder)},
        model="vae",
        settings={"width": 8, "latent_dim": 4},
        train={"steps": 8, "minutes": None, "batch_size": 8},
        evaluate={"images": 8},
    )
    page = run(config, tmp_path / "run").read_text(encoding="utf-8")
    assert "52 training and 8 held-out images" in page
