"""What a search found: its trials against the default, and the command to go on with."""

import json
import math
import re
import shlex
from pathlib import Path

import yaml

from prodimg_lib.files import write_atomically
from prodimg_lib.runs.config import RunConfig
from prodimg_lib.runs.tune import numbers, settings_of
from prodimg_lib.settings import flat
from prodimg_lib.text import text

NAME = "tune.json"
_ENOUGH = 20  # complete trials; with fewer an importance is mostly chance


def outcome(study, config, out):
    """Sum up a search, and write that to ``tune.json``.

    Args:
        study: as ``tune`` returns it; config: ``RunConfig`` it was begun with; out: its folder.

    Returns:
        dict:

        - ``trials``: for each its ``number``, ``state``, ``value`` (the best kernel distance on the
          validation part) with its standard error ``uncertainty``, ``step``, what it ``changed``,
          ``gain`` (the default's value less its own) with ``gain_uncertainty``, and ``reason``
          where it failed;
        - ``best``: number of the complete trial of the lowest value;
        - ``says``: sentences;
        - ``importance``: share of each setting, or None with fewer than 20 complete trials;
        - ``command``: the ``prodimg run`` that trains the best.
    """
    found = numbers(study)
    default = found[0]
    rows = [_row(number, trial, default, config) for number, trial in sorted(found.items())]
    complete = [row for row in rows if row["state"] == "COMPLETE"]
    best = min(complete, key=lambda row: (row["value"], row["number"]), default=None)
    values = {} if not best or best["number"] == 0 else found[best["number"]].params
    result = {
        "trials": rows,
        "best": best and best["number"],
        "says": _says(best, rows, default) if best else [],
        "importance": _importance(study, len(complete)),
        "command": best and command(settings_of(config, values), out),
    }
    write_atomically(Path(out) / NAME, json.dumps(result, indent=2) + "\n")
    return result


def _row(number, trial, default, config):
    facts, before = trial.user_attrs, default.user_attrs
    usual = config.settings.model_dump()
    row = {
        "number": number,
        "state": trial.state.name,
        **{key: facts.get(key) for key in ("value", "uncertainty", "step", "reason")},
        "changed": {k: v for k, v in trial.params.items() if v != usual[k]},
        "gain": None,
        "gain_uncertainty": None,
    }
    if number and "value" in facts and "value" in before:
        row["gain"] = before["value"] - facts["value"]
        # As if of different photographs: they are the same, so this is rather too large.
        row["gain_uncertainty"] = math.hypot(before["uncertainty"], facts["uncertainty"])
    return row


def _says(best, rows, default):
    words, n = text()["tune"], len(rows)
    if best["number"] == 0:
        return [words["none"].format(n=n)]
    gain, uncertainty = best["gain"], best["gain_uncertainty"]
    sentence = words["clear" if gain > 2 * uncertainty else "unclear"].format(
        number=best["number"], gain=gain, uncertainty=uncertainty, images=default.user_attrs["n"]
    )
    return [sentence, words["caution"].format(n=n)]


def _importance(study, complete):
    if complete < _ENOUGH:
        return None
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

    return get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())


def command(config, out):
    """The ``prodimg run`` of a ``RunConfig``, into a folder beside ``out``."""
    values, usual = (c.model_dump(mode="json") for c in (config, RunConfig()))
    chosen, before = flat(values), flat(usual)
    words = ["prodimg", "run", "--out", f"{Path(out)}-best"]
    for key, value in chosen.items():
        if key not in before or value != before[key]:
            words += ["--set", f"{key}={_as_yaml(value)}"]
    return shlex.join(words)


def _as_yaml(value):
    """What YAML reads as this value: a plain word where that will do."""
    plain = isinstance(value, str) and re.fullmatch(r"[\w./-]+", value)
    if plain and yaml.safe_load(value) == value:  # no number, no date, no yes
        return value
    return json.dumps(value, ensure_ascii=False)
