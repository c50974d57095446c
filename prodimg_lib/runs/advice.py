"""What to change because of what was measured."""

from prodimg_lib.metrics.table import distance_of
from prodimg_lib.text import text


def advice(table, *, model, config, data, findings=()):
    """What to try next, from the measured numbers: a list of sentences, most urgent first.

    Args:
        table: what ``score_samples`` (and ``score_reconstructions``) returned.
        model: the trained model; config: the ``RunConfig``.
        findings: of the training doctor, as far as they stand: dicts with ``says``, ``advice``.
    """
    say = text()["advice"]
    found = []
    steps = int(model.step.value)
    epochs = steps * config.train.batch_size / data.train_count
    distance = distance_of(table)
    facts = table.get(distance)
    if facts and distance != "kernel_distance" and facts["n"] < 10 * facts["d"]:
        found.append(say["few_images"].format(**{"floor_n": facts["n"], **facts}))
    found += [f"{finding['says']} {finding['advice']}" for finding in findings]
    far = facts and _far(distance, facts, say)
    if far:
        key = "undertrained" if epochs < 20 or steps < 5000 else "converging"
        found.append(
            say[key].format(distance=far, steps=steps, epochs=epochs, width=2 * model.config.width)
        )
    if any(facts.get("withheld") for facts in table.values()):
        return found or [say["noise"]]  # of noise every detail is wrong, and none is a lead
    same = table["similarity"]
    if same["value"] > same["floor"] + 0.05:
        facts = {"fake": same["value"], "real": same["floor"]}
        if model.ADVERSARIAL:
            found.append(say["repeats"].format(**facts, rate=model.config.g_learning_rate / 2))
        else:
            found.append(say[model.ADVICE.get("blurs", "blurs")].format(**facts))
    if "precision" in table:
        p, r = table["precision"]["value"], table["recall"]["value"]
        if r < 0.6 * p:
            found.append(say["missing"].format(precision=p, recall=r))
        elif p < 0.6 * r:
            words = say[model.ADVICE.get("implausible", "implausible")]
            found.append(words.format(precision=p, recall=r))
    if "class_accuracy" in table:
        classes = table["class_accuracy"]["per_class"].items()
        gaps = [
            (v["floor"] - v["value"], k, v)
            for k, v in classes
            if v["value"] is not None and v["floor"] is not None
        ]
        if gaps and max(gaps)[0] > 0.2:
            _, worst, v = max(gaps, key=lambda g: g[0])
            found.append(say["requests"].format(worst=worst, accuracy=v["value"], real=v["floor"]))
    if table.get("reconstruction_psnr", {"value": 99})["value"] < 20:
        found.append(say["blurry"].format(psnr=table["reconstruction_psnr"]["value"]))
    return found or [say["good"]]


def _far(distance, facts, say):
    """How far the distance is from its floor, in words; None where that is near enough."""
    value, floor = facts["value"], facts["floor"]
    if distance == "kernel_distance":  # the floor is 0 but for chance, whose size the error tells
        far = value > 10 * max(floor, facts["uncertainty"] or 0, 1e-9)
        return say["above_the_floor"].format(value=value, floor=floor) if far else None
    # The floor is bias, which falls like 1 / n: what it is at the n of the value.
    ratio = value / max(floor * facts.get("floor_n", facts["n"]) / facts["n"], 1e-9)
    return say["times_the_floor"].format(ratio=ratio) if ratio > 10 else None
