"""What to change because of what was measured."""

from dataclasses import dataclass

from prodimg_lib.metrics.colour import lost
from prodimg_lib.metrics.table import distance_of
from prodimg_lib.text import text


@dataclass(frozen=True)
class Weakness:
    """Something to be better at: ``name`` for programs, ``says`` for people.

    ``name`` is a key of the advice in ``text``, or ``doctor_`` and that of a finding.
    """

    name: str
    says: str


def advice(table, *, model, config, data, findings=()):
    """What to try next, from the measured numbers: a list of sentences, most urgent first.

    Args:
        table: what ``score_samples`` (and ``score_reconstructions``) returned.
        model: the trained model; config: the ``RunConfig``.
        findings: of the training doctor, as far as they stand: dicts with ``says``, ``advice``.
    """
    steps = int(model.step.value)
    found = weaknesses(
        table,
        family=model,
        settings=model.config,
        steps=steps,
        epochs=steps * config.train.batch_size / data.train_count,
        findings=findings,
    )
    return [weakness.says for weakness in found] or [text()["advice"]["good"]]


def weaknesses(table, *, family, settings, steps, epochs, findings=()):
    """The ``Weakness``es that the numbers show, most urgent first; none if all is well.

    Args:
        table, findings: as of ``advice``.
        family: the model or its class; settings: its config.
        steps, epochs: of training.
    """
    say = text()["advice"]
    found: list[Weakness] = []

    def add(name, **facts):
        found.append(Weakness(name, say[name].format(**facts)))

    distance = distance_of(table)
    facts = table.get(distance)
    if facts and distance != "kernel_distance" and facts["n"] < 10 * facts["d"]:
        add("few_images", **{"floor_n": facts["n"], **facts})
    for finding in findings:
        name = f"doctor_{finding.get('name', '')}"
        found.append(Weakness(name, f"{finding['says']} {finding['advice']}"))
    far = facts and _far(distance, facts, say)
    if far:
        key = "undertrained" if epochs < 20 or steps < 5000 else "converging"
        add(key, distance=far, steps=steps, epochs=epochs, width=2 * settings.width)
    if any(facts.get("withheld") for facts in table.values()):
        if not found:
            add("noise")
        return found  # of noise every detail is wrong, and none is a lead
    same = table.get("similarity")  # nothing is measured of a run that broke
    if same and same["value"] > same["floor"] + 0.05:
        facts = {"fake": same["value"], "real": same["floor"]}
        if family.ADVERSARIAL:
            add("repeats", **facts, rate=settings.g_learning_rate / 2)
        else:
            add(family.ADVICE.get("blurs", "blurs"), **facts)
    colours = table.get("colour_coverage")
    if colours and lost(colours):
        chroma = table["chroma"]
        facts = {"fake": colours["value"], "real": colours["floor"]}
        facts |= {"chroma": chroma["value"], "usual": chroma["floor"]}
        if family.ADVERSARIAL:
            add("colours", **facts, rate=settings.g_learning_rate / 2)
        elif family.ENCODES:
            add("forgotten", **facts, latents=2 * settings.latent_dim)
        else:
            add("faded", **facts)
    if "precision" in table:
        p, r = table["precision"]["value"], table["recall"]["value"]
        if r < 0.6 * p:
            add("missing", precision=p, recall=r)
        elif p < 0.6 * r:
            add(family.ADVICE.get("implausible", "implausible"), precision=p, recall=r)
    if "class_accuracy" in table:
        classes = table["class_accuracy"]["per_class"].items()
        gaps = [
            (v["floor"] - v["value"], k, v)
            for k, v in classes
            if v["value"] is not None and v["floor"] is not None
        ]
        if gaps and max(gaps)[0] > 0.2:
            _, worst, v = max(gaps, key=lambda g: g[0])
            add("requests", worst=worst, accuracy=v["value"], real=v["floor"])
    if table.get("reconstruction_psnr", {"value": 99})["value"] < 20:
        add("blurry", psnr=table["reconstruction_psnr"]["value"])
    return found


def _far(distance, facts, say):
    """How far the distance is from its floor, in words; None where that is near enough."""
    value, floor = facts["value"], facts["floor"]
    if distance == "kernel_distance":  # the floor is 0 but for chance, whose size the error tells
        far = value > 10 * max(floor, facts["uncertainty"] or 0, 1e-9)
        return say["above_the_floor"].format(value=value, floor=floor) if far else None
    # The floor is bias, which falls like 1 / n: what it is at the n of the value.
    ratio = value / max(floor * facts.get("floor_n", facts["n"]) / facts["n"], 1e-9)
    return say["times_the_floor"].format(ratio=ratio) if ratio > 10 else None
