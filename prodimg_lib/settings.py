"""Settings as validated objects, with the errors of a person; YAML <-> object."""

import difflib
import reprlib
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prodimg_lib.errors import InputError
from prodimg_lib.files import write_atomically

PositiveInt = Annotated[int, Field(gt=0)]
PositiveFloat = Annotated[float, Field(gt=0)]
Size = Literal[28, 32, 64]
Channels = Literal[1, 3]


# A file that repeats itself by its own names (&a, *a) is short, and what it means need not be.
_short = reprlib.Repr()
_short.maxlevel, _short.maxstring, _short.maxother = 2, 200, 200


class Settings(BaseModel):
    """A group of settings: an unknown key is an error, and nothing changes after it was made."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def parse(kind, values, where="settings"):
    """``kind(**values)`` with the errors of a person: one line, naming key and value.

    Raises:
        InputError: unknown key (with the nearest known one), a key that is no text, wrong type or
            value out of range.
    """
    if not isinstance(values, dict):
        raise InputError(f"{where}: expected keys with values, got {type(values).__name__}")
    if problem := key_problem(values):
        raise InputError(f"{where}: {problem}")
    try:
        return kind(**values)
    except ValidationError as error:
        raise InputError(f"{where}: {explain(kind, error)}") from None


def key_problem(values):
    """What is wrong with the first key of a dict that is no text; None where all are texts."""
    odd = [key for key in values if not isinstance(key, str)]
    if not odd:
        return None
    return f"key {odd[0]!r}: expected a name (YAML reads yes, no, on and off as true and false)"


def explain(kind, error, section="", hidden=()):
    """The first problem of a pydantic error, on one line.

    Args:
        kind: the settings that were being made.
        section: in which group of a file the keys stand.
        hidden: keys of ``kind`` that cannot be set there.
    """
    problem = error.errors()[0]
    path = [str(part) for part in problem["loc"]]
    key = ".".join([section] * bool(section) + path)
    if problem["type"] == "extra_forbidden":
        known = sorted(set(_fields(kind, path[:-1])) - set(hidden))
        close = difflib.get_close_matches(path[-1], known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"choose from {', '.join(known)}"
        return f"unknown key {key!r}: {hint}"
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "value_error":  # about several keys at once: the message says which
        return message
    return (
        f"{key} = {_short.repr(problem['input'])} is not valid: {message[0].lower()}{message[1:]}"
    )


def _fields(kind, path):
    for part in path:
        kind = kind.model_fields[part].annotation
    return kind.model_fields


def read_settings(kind, path):
    """Read settings of a kind from a YAML file; an empty file means all defaults.

    Raises:
        InputError: the file is missing or not YAML, or a key is unknown or out of range.
    """
    path = Path(path)
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read config {path}: {error.strerror or error}") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        first = str(error).splitlines()[0]
        raise InputError(f"{path} is not valid YAML ({first}): correct it or delete it") from None
    return parse(kind, {} if values is None else values, where=str(path))


def write_settings(settings, path):
    """Write settings as YAML, whole or not at all."""
    content = yaml.safe_dump(settings.model_dump(mode="json"), sort_keys=False)
    write_atomically(path, content)


def flat(values, section=""):
    """Nested settings as ``{"section.key": value}``; an empty section leaves nothing."""
    found: dict[str, object] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            found |= flat(value, f"{section}{key}.")
        else:
            found[f"{section}{key}"] = value
    return found
