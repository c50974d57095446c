"""What every question must keep to; used by the tests, by ``selftest`` and by authors."""

import re
import time
from functools import cache
from pathlib import Path

from prodimg_lib.interview import figures, schema
from prodimg_lib.interview.check import TIME_LIMIT, checker
from prodimg_lib.interview.check.checks import LAYERS, Checks
from prodimg_lib.interview.language import one_line

REFERENCES = (
    Path(__file__).parents[2] / "book" / "references.bib"
)  # absent where only the library is
SHORT_WORDS = 70  # what one can say in 30 seconds, with a margin
SPOKEN_WORDS = 85  # the same; speech needs more words, but shorter ones
LARGE_POINT = 30  # of a rubric: too much for all or nothing
SEEDS = (0, 1, 2)


def words_and_numbers(question):
    """What is wrong with a question's YAML file, a list of sentences; imports no code of it."""
    data, found = question.data, schema.problems(question.data)
    if found:
        return found
    if question.path is not None:
        if not question.path.name.startswith(f"{question.id}_"):
            found.append(f"the file's name must begin with {question.id}_")
        if question.path.parent.name != question.kind:
            found.append(f"the file must be in questions/{question.kind}")
    weights = sum(point["weight"] for point in data["rubric"])
    if weights != 100:
        found.append(f"rubric: the weights add to {weights}, not to 100")
    if not any(point["must"] for point in data["rubric"]):
        found.append("rubric: no point is a must")
    if (n := len(data["answer"]["short"]["en"].split())) > SHORT_WORDS:
        found.append(f"answer/short: {n} words, at most {SHORT_WORDS}")
    known = citation_keys()
    found += [
        f"cite: {c['key']} is not in {REFERENCES.name}"
        for c in data["cite"]
        if known and c["key"] not in known
    ]
    return found + _numbers(question) + _figures(data) + _spoken(data) + _samples(data)


def related(question, bank):
    """Ids a question points to that the bank lacks."""
    points_to = [*question.data.get("related", []), *_bugs(question)]
    return [f"related: there is no {id_}" for id_ in points_to if id_ not in bank]


def code(question):
    """Whether reference, variants, starter and every wrong variant do what they should.

    Imports TensorFlow; runs everything on three seeds.
    """
    exercise, found = question.exercise(), []
    words = exercise.words
    if question.check(exercise.starter, SEEDS).status != "not_attempted":
        found.append("the starter must come out as not attempted")
    right = {"reference": exercise.reference, **exercise.variants}
    if len(right) < 2:
        found.append("no variant_: a correct answer, written differently, must pass too")
    if question.kind == "coding" and len(exercise.wrong) < 2:
        found.append("fewer than two wrong_ variants")
    for name, answer in right.items():
        begun = time.process_time()
        result = question.check(answer, SEEDS)
        if not result.passed:
            found.append(f"{name} must pass but does not:\n{result}")
        if (seconds := time.process_time() - begun) > TIME_LIMIT:
            found.append(f"{name}: {seconds:.0f} processor seconds; a file gets {TIME_LIMIT:g}")
    for mistake, answer in exercise.wrong.items():
        name = f"wrong_{mistake.replace('-', '_')}"
        for seed in SEEDS:
            result = question.check(answer, (seed,))
            if result.passed:
                found.append(f"{name} passes on seed {seed}")
            elif result.mistake != mistake:
                found.append(f"{name}, seed {seed}: named {result.mistake}\n{result}")
    said = set(words.get("mistakes", {}))
    if said != set(exercise.wrong):
        found.append(f"mistakes in words and code differ: {sorted(said ^ set(exercise.wrong))}")
    return found + _checks_and_words(exercise) + _symptom(exercise)


def _made(exercise, answer):
    """Names of the checks of an answer up to the one where it fails."""
    run = checker.attempt(exercise, answer, 0)
    return {name for _, name in run.passed} | ({run.stop.check} if run.stop else set())


def _checks_and_words(exercise):
    """Each check has words and each word a check; layers come in order."""
    said = set(exercise.words.get("checks", {}))
    run = Checks(exercise, exercise.reference, 0)
    if exercise.checks:
        exercise.checks(run)
    order = [LAYERS.index(layer) for layer, _ in run.passed]
    made = {name for _, name in run.passed}
    for wrong in exercise.wrong.values():
        if said <= made:
            break
        made |= said & _made(exercise, wrong)  # some are made only where something is wrong
    found = [f"checks: {name} has no words, or is never made" for name in sorted(said ^ made)]
    if order != sorted(order):
        found.append(f"checks: not in the order of the layers: {run.passed}")
    return found


def _symptom(exercise):
    """The buggy code shows the symptom; that the fixed one does not is its first check."""
    if exercise.symptom is None:
        return []
    seen = {seed: exercise.symptom(exercise.starter, seed) for seed in SEEDS}
    return [f"symptom of buggy, seed {n}: {found}" for n, found in seen.items() if not found[0]]


@cache
def citation_keys():
    """Keys of the course's references; empty where the book is not at hand."""
    if not REFERENCES.is_file():
        return frozenset()
    entries = re.findall(r"^@\w+\{([^,\s]+)", REFERENCES.read_text(encoding="utf-8"), re.M)
    return frozenset(entries)


def _numbers(question):
    found = []
    parts = [part for key, part in question.data.items() if key != "numbers"]
    said = one_line("\n".join(text for part in parts for text in _texts(part)))
    for number in question.data.get("numbers", []):
        quoted = number["quoted"]
        if one_line(quoted) not in said:
            found.append(f"numbers: {quoted} does not stand in the text")
        try:
            value = figures.compute(number["compute"])
        except Exception as error:
            found.append(f"numbers: {number['compute']}: {type(error).__name__}: {error}")
            continue
        plain = re.search(r"-?\d+(\.(\d+))?(e-?\d+)?", figures.plain(quoted))
        if plain is None:
            found.append(f"numbers: {quoted} holds no number")
            continue
        unit = 10.0 ** -len(plain[2] or "")
        if not abs(value - float(plain[0])) <= number.get("within", 0.5 * unit + 1e-12):
            found.append(f"numbers: {quoted} is quoted, {number['compute']} gives {value}")
    return found


def _figures(data):
    """Figures without a ground; asked only of questions that have a spoken answer."""
    found = [f"chosen, cite: {entry} stands in no answer" for entry in figures.stale(data)]
    if "spoken" in data["answer"]:
        found += [
            f"figure: nothing stands for “{around}”: see numbers, chosen and cite/figures"
            for around in figures.unexplained(data)
        ]
        found += _prices(data)
    return found


def _prices(data):
    """Prices of a design case that nobody could know: neither asked for nor in the prompt."""
    if "design" not in data:
        return []
    case, told = data["design"]["capacity"], [data["prompt"]["en"]]
    told += [asked["answer"]["en"] for asked in data["design"]["clarify"]]
    known = {value for text in told for value, *_ in figures.figures(text)}
    return [
        f"design/capacity/{name} = {case.get(name)}: expected a price that an answer names"
        for name in ("accelerator_price", "reviewer_price")
        if case.get(name) not in known
    ]


def _spoken(data):
    """What is said aloud has no formula; with it, a large point says what earns half of it."""
    if "spoken" not in data["answer"]:
        return ["answer/spoken: missing"] if data["kind"] in ("concept", "design") else []
    text, found = data["answer"]["spoken"]["en"], []
    if signs := re.findall(r"[$=√Σ∑²³½∝≤≥‖θφβλσμεαᾱ_^\\]", text):
        found.append(f"answer/spoken: {signs[0]} cannot be said")
    if (n := len(text.split())) > SPOKEN_WORDS:
        found.append(f"answer/spoken: {n} words, at most {SPOKEN_WORDS}")
    if data["kind"] != "design":  # there the points themselves say what earns a part of them
        found += [
            f"rubric/{i}: a point of {point['weight']} needs `half`, what earns half of it"
            for i, point in enumerate(data["rubric"])
            if point["weight"] >= LARGE_POINT and "half" not in point
        ]
    return found


def _samples(data):
    """Sample answers of a design case: each point of the rubric scored, within its weight."""
    weights = {point["id"]: point["weight"] for point in data["rubric"]}
    found = []
    for sample in data.get("design", {}).get("samples", []):
        title, scores = sample["title"]["en"], sample["scores"]
        if set(scores) != set(weights):
            found.append(f"sample {title!r}: scores and rubric differ")
        found += [
            f"sample {title!r}: {name} has {score} of {weights[name]}"
            for name, score in scores.items()
            if score > weights.get(name, score)
        ]
        if sum(scores.values()) != sample["total"]:
            found.append(f"sample {title!r}: the scores add to {sum(scores.values())}")
    return found


def _texts(part):
    if isinstance(part, dict):
        for value in part.values():
            yield from _texts(value)
    elif isinstance(part, list):
        for value in part:
            yield from _texts(value)
    elif isinstance(part, str):
        yield part


def _bugs(question):
    words = question.data.get("exercise") or question.data.get("debug") or {}
    return [m["bug"] for m in words.get("mistakes", {}).values() if "bug" in m]


def all_of(bank, questions, with_code=True, on_progress=None):
    """Problems by id, of these questions of a bank; empty lists where all is well."""
    found = {}
    for question in questions:
        found[question.id] = words_and_numbers(question) + related(question, bank)
        if with_code and not found[question.id] and question.kind in ("coding", "debug"):
            found[question.id] = code(question)
        if on_progress:
            on_progress(question, found[question.id])
    return found
