"""The study "which one is real?": a page for raters, and the scores of what they answered."""

import base64
import hashlib
import json
import math
from pathlib import Path

import numpy as np

from prodimg_lib.errors import InputError
from prodimg_lib.files import read_json, writable_folder, write_atomically
from prodimg_lib.metrics.human import fooling_rate, krippendorff_alpha
from prodimg_lib.plots import data_uri
from prodimg_lib.templates import render
from prodimg_lib.text import text

FORMAT = "prodimg human study 1"
CATCH_EVERY = 8  # one catch trial for so many pairs, and at least two
MOST_CATCHES_FAILED = 0.25  # a rater who fails more of them is left out
_BLOCKS = 7  # a catch trial's "generated" image is a photograph in 7 x 7 shuffled pieces


def build_page(real, fake, class_names=None, labels=None, *, pairs=40, seconds=0, seed=0):
    """The study as one HTML file that needs nothing else.

    Every trial shows a photograph and a generated image of the same class. Catch trials show a
    photograph beside one cut into shuffled pieces: whoever fails those did not look. The page
    shuffles the order of trials, and left and right, anew for each rater.

    Args:
        real, fake: uint8 [n, h, w, c] each.
        class_names: names of the classes; labels: pair of int arrays (of real, of fake), or None.
        pairs: trials without the catch trials.
        seconds: how long a pair is shown, 0 for until answered.
        seed: of the choice of images; same seed, same page.

    Returns:
        str.

    Raises:
        InputError: fewer than one pair, negative seconds, too few images of a class.
    """
    if pairs < 1:
        raise InputError(f"--pairs {pairs}: expected at least 1")
    if not seconds >= 0:
        raise InputError(f"--seconds {seconds}: expected 0 (no limit) or more")
    rng = np.random.default_rng(seed)
    trials = []
    for i, (left, right, label) in enumerate(_choose(real, fake, labels, pairs, rng)):
        name = "" if label is None else class_names[label]
        trials.append(_trial(f"p{i:03d}", "pair", name, left, right, rng))
    for i in range(max(2, pairs // CATCH_EVERY)):
        one, other = real[rng.choice(len(real), 2, replace=len(real) < 2)]
        trials.append(_trial(f"c{i:03d}", "catch", "", one, _scrambled(other, rng), rng))
    rng.shuffle(trials)
    content = json.dumps([trial["images"] for trial in trials])
    study = hashlib.sha256(content.encode()).hexdigest()[:12]
    return render(
        "human_study.html.j2",
        language="en",
        words=text()["human"]["page"],
        count=len(trials),
        study={
            "format": FORMAT,
            "study": study,
            "seconds": seconds,
            "trials": trials,
            "words": text()["human"]["page"],
        },
    )


def _choose(real, fake, labels, pairs, rng):
    """Photograph, generated image and class of each pair, classes in turn, no image twice."""
    groups = [None] if labels is None else sorted(set(labels[0].tolist()) & set(labels[1].tolist()))
    if not groups:
        raise InputError("no class has both photographs and generated images: nothing to pair")
    stock = {}
    for group in groups:
        sides = []
        for i, images in enumerate((real, fake)):
            rows = np.arange(len(images)) if group is None else np.flatnonzero(labels[i] == group)
            sides.append(rng.permutation(rows))
        stock[group] = sides
    for i in range(pairs):
        group = groups[i % len(groups)]
        turn = i // len(groups)
        if turn >= min(map(len, stock[group])):
            most = min(min(map(len, sides)) for sides in stock.values()) * len(groups)
            raise InputError(f"--pairs {pairs}: these images give at most {most}; ask for fewer")
        yield real[stock[group][0][turn]], fake[stock[group][1][turn]], group


def _trial(name, kind, label, photograph, other, rng):
    """A trial with its images in random order; ``k`` says, not in plain sight, which is real."""
    first = int(rng.integers(2))
    images = [photograph, other] if first == 0 else [other, photograph]
    key = base64.b64encode(json.dumps([name, kind, label, first]).encode()).decode()
    return {"k": key, "images": [data_uri(image) for image in images]}


def _scrambled(image, rng):
    """An image cut into blocks that are put back in random order and orientation."""
    result = image.copy()
    h, w = (side // _BLOCKS for side in image.shape[:2])
    places = [(y * h, x * w) for y in range(_BLOCKS) for x in range(_BLOCKS)]
    for (y, x), source in zip(places, rng.permutation(len(places)), strict=True):
        v, u = places[source]
        block = image[v : v + h, u : u + w]
        result[y : y + h, x : x + w] = block[::-1] if rng.integers(2) else block
    return result


def study_of_run(run, out, *, pairs=40, seconds=0, seed=0, show=None):
    """Write the page for a trained run: its samples against its held-out photographs."""
    from prodimg_lib.runs.folder import load_data, load_model, read_config

    config = read_config(run)
    model = load_model(run)
    from prodimg_lib.seeds import draw_seed  # brings TensorFlow, which a wrong path need not

    data = load_data(config, show)
    n = pairs if not model.conditional else -(-pairs // data.num_classes) * data.num_classes
    fake = model.generate(max(n, 1), seed=draw_seed(config.seed, seed, "images of a study"))
    labels = None
    if model.conditional:
        labels = (np.asarray(data.test_labels), model.labels_for(len(fake)))
    page = build_page(
        data.test_images,
        fake,
        data.class_names,
        labels,
        pairs=pairs,
        seconds=seconds,
        seed=draw_seed(config.seed, seed, "trials of a study"),
    )
    out = Path(out) if out else Path(run) / "human-study.html"
    if out.is_dir():
        raise InputError(f"{out} is a folder: give the page a file name, such as study.html")
    writable_folder(out.parent)
    write_atomically(out, page)
    return out


def read_answers(path):
    """One file of answers, checked.

    Raises:
        InputError: unreadable, not such a file, or with fields that are missing or impossible.
    """
    path = Path(path)
    answers = read_json(path, "give a file that the study page saved")
    if not isinstance(answers, dict) or answers.get("format") != FORMAT:
        raise InputError(f"{path} is not an answer file of a study (format {FORMAT!r})")
    for key in ("study", "rater"):
        if not isinstance(answers.get(key), str) or not answers[key]:
            raise InputError(f"{path}: {key!r} is missing: ask the rater to save the file again")
    trials = answers.get("trials")
    if not isinstance(trials, list) or not trials:
        raise InputError(f"{path} holds no trials: the rater has not answered any")
    seen = set()
    for i, trial in enumerate(trials):
        good = (
            isinstance(trial, dict)
            and {"id", "kind", "class", "choice", "real", "ms"} <= trial.keys()
            and all(isinstance(trial[key], str) for key in ("id", "kind", "class"))
            and trial["kind"] in ("pair", "catch")
            and all(trial[key] in ("left", "right") for key in ("choice", "real"))
            and isinstance(trial["ms"], int | float)
            and 0 <= trial["ms"] < math.inf
        )
        if not good or trial["id"] in seen:
            raise InputError(
                f"{path}: trial {i + 1} is damaged or comes twice: use the file as it was saved"
            )
        seen.add(trial["id"])
    return answers


def score(paths):
    """Fooling rate, raters and agreement of a study from its answer files.

    Returns:
        dict: ``study``; ``fooling_rate`` as of ``metrics.human.fooling_rate`` (None if nobody is
        left); ``raters``, one dict each (trials, fooled, catch_failed, median_ms, used, reason);
        ``classes`` with rate and interval each; ``agreement``, Krippendorff's alpha.

    Raises:
        InputError: damaged files, two studies, or one rater twice.
    """
    files = [(path, read_answers(path)) for path in paths]
    raters = {}
    for path, answers in files:
        if answers["study"] != files[0][1]["study"]:
            raise InputError(
                f"{path} belongs to study {answers['study']}, {files[0][0]} to "
                f"{files[0][1]['study']}: score one study at a time"
            )
        if answers["rater"] in raters:
            raise InputError(
                f"{path}: rater {answers['rater']!r} has another file too: keep one of them, or "
                "give the raters different names"
            )
        raters[answers["rater"]] = answers["trials"]
    people = [_person(name, trials) for name, trials in raters.items()]
    used = [person["rater"] for person in people if person["used"]]
    rows = [
        (name, trial["id"], trial["class"], trial["choice"] != trial["real"])
        for name in used
        for trial in raters[name]
        if trial["kind"] == "pair"
    ]
    columns = zip(*rows, strict=True) if rows else [()] * 4
    who, trial, kind, fooled = (np.array(column) for column in columns)
    classes = {}
    for name in sorted(set(kind.tolist()) - {""}):
        rate = fooling_rate(fooled[kind == name], who[kind == name])
        classes[name] = {key: rate[key] for key in ("value", "low", "high", "n")}
    return {
        "study": files[0][1]["study"],
        "fooling_rate": fooling_rate(fooled, who) if rows else None,
        "raters": people,
        "classes": classes,
        "agreement": _agreement(who, trial, fooled) if rows else float("nan"),
    }


def write_scores(result, path):
    """The result of ``score`` as JSON; what is not a number becomes null."""
    clean = json.loads(json.dumps(result), parse_constant=lambda _: None)
    write_atomically(path, json.dumps(clean, indent=2) + "\n")


def _person(name, trials):
    pairs = [t for t in trials if t["kind"] == "pair"]
    catches = [t for t in trials if t["kind"] == "catch"]
    failed = sum(t["choice"] != t["real"] for t in catches)
    words = text()["human"]["reasons"]
    reason = ""
    if not pairs:
        reason = words["no_pairs"]
    elif catches and failed > MOST_CATCHES_FAILED * len(catches):
        reason = words["catch"].format(failed=failed, catches=len(catches))
    return {
        "rater": name,
        "trials": len(pairs),
        "fooled": sum(t["choice"] != t["real"] for t in pairs),
        "catches": len(catches),
        "catch_failed": failed,
        "median_ms": float(np.median([t["ms"] for t in pairs])) if pairs else float("nan"),
        "used": not reason,
        "reason": reason,
    }


def _agreement(who, trial, fooled):
    names, items = np.unique(who), np.unique(trial)
    ratings = np.full((len(names), len(items)), np.nan)
    ratings[np.searchsorted(names, who), np.searchsorted(items, trial)] = fooled
    return krippendorff_alpha(ratings)
