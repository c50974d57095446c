"""Options that several commands share, and how a command shows what it does."""

from typing import Annotated

import typer

from prodimg_lib.errors import InputError

SOURCE = typer.Option(
    "--data", help="fashion-mnist, catalogue, auto, or a folder of photographs, prepared or not."
)
Source = Annotated[str, SOURCE]
Size = Annotated[
    int | None, typer.Option(help="Side in pixels: 28, 32 or 64.  [default: the source's]")
]
ChannelCount = Annotated[
    int | None, typer.Option("--channels", help="1 (grey) or 3 (colour).  [default: the source's]")
]
Fit = Annotated[str, typer.Option(help="pad (keep all of a photograph) or crop (fill the square).")]
# As ``Fit``, for commands whose settings have a default of their own.
FitOrDefault = Annotated[
    str | None, typer.Option("--fit", help="pad or crop photographs.  [default: pad]")
]
Conditional = Annotated[
    bool | None,
    typer.Option("--conditional/--unconditional", help="Generate by class.  [default: yes]"),
]
Limit = Annotated[int | None, typer.Option(help="Use only so many training images.")]
Seed = Annotated[int, typer.Option(help="Same seed, same run.")]
Workers = Annotated[
    int | None,
    typer.Option(
        help="Processes of this machine, or tasks of the Ray cluster that RAY_ADDRESS names; the "
        "result is the same.  [default: 1]"
    ),
]
GATE = typer.Option(
    "--gate", help="What the model must meet to ship, e.g. 'coverage >= 0.4'; repeat for more."
)


def with_display(work, result=None):
    """Run ``work(display)`` with live progress, then say where the result is."""
    from prodimg_lib.cli.display import Display

    with Display() as display:
        work(display)
    if result:
        display.done(result)


def training_settings(*, data, size, channels, fit, limit, minutes, steps, seed):
    """The flags that every command which trains has, as settings: dotted key: value or None."""
    return {
        "data.source": data,
        "data.size": size,
        "data.channels": channels,
        "data.fit": fit,
        "data.limit": limit,
        "train.minutes": minutes,
        "train.steps": steps,
        "seed": seed,
    }


def training_assignments(assignments, *, minutes, steps):
    """``--set`` texts, and that there is no limit in minutes where only steps were given."""
    no_minutes = ["train.minutes=null"] if steps is not None and minutes is None else []
    return [*(assignments or []), *no_minutes]


def positive(flag, value, example):
    """Refuse a flag's value that is not above 0; None is one that was not given."""
    if value is not None and not value > 0:
        raise InputError(f"{flag} {value:g}: expected a number above 0, such as {example}")


def assign(values, given, assignments):
    """Put flags (dotted key: value, None where not given), then ``KEY=VALUE`` texts, into settings.

    Raises:
        InputError: a text that is no assignment, no YAML, or names a section of what is a value.
    """
    import yaml

    pairs = [(key, value) for key, value in given.items() if value is not None]
    for text in assignments:
        key, mark, value = text.partition("=")
        if not mark:
            raise InputError(f"--set {text}: expected KEY=VALUE, such as settings.width=48")
        try:
            pairs.append((key, yaml.safe_load(value)))
        except yaml.YAMLError:
            raise InputError(f"--set {text}: {value!r} is not valid YAML: quote it") from None
    for key, value in pairs:
        place = values
        *sections, last = key.split(".")
        for section in sections:
            place = place.setdefault(section, {})
            if not isinstance(place, dict):
                raise InputError(f"--set {key}: {section!r} is a value, not a section")
        place[last] = value
