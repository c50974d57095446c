"""Options that several commands of ``prodimg interview`` share."""

from enum import StrEnum
from typing import Annotated

import typer


class Lang(StrEnum):
    en = "en"
    zh = "zh"


Id = Annotated[str, typer.Argument(metavar="ID", help="A question, such as C08.")]
In = Annotated[
    Lang,
    typer.Option(
        "--lang", "--language", envvar="PRODIMG_LANG", help="Language of questions and answers."
    ),
]
Topic = Annotated[str | None, typer.Option(help="gan, vae, evaluation, diffusion, data, design …")]
Level = Annotated[str | None, typer.Option(help="E, M or H (easy, medium, hard).")]
Seniority = Annotated[
    str | None, typer.Option(help="junior or senior: who should answer a medium question well.")
]
Kind = Annotated[str | None, typer.Option(help="concept, coding, debug or design.")]
