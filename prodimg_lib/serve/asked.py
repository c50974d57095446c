"""What a request for images may say: checked here, data everywhere behind it."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MOST_CLASSES = 100


class Format(StrEnum):
    """Of the answer: one PNG file (several images in a grid), JSON with base64, or a zip file."""

    png = "png"
    json = "json"
    zip = "zip"


def _no_truth(value):
    """``true`` is 1 to Python, and a mistake of a caller."""
    if isinstance(value, bool):
        raise ValueError("a number is expected, not true or false")
    return value


_Number = BeforeValidator(_no_truth)

Classes = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=200)]],
    Field(max_length=MOST_CLASSES, description="Classes by name; none takes all in turn."),
]
# The check of the type comes last, or the limits would be missing in the OpenAPI description.
Count = Annotated[
    int, Field(ge=1, le=100_000, description="Images of each class, or in all."), _Number
]
Seed = Annotated[int, Field(ge=0, le=2**53 - 1, description="Same seed, same bytes."), _Number]
Truncation = Annotated[
    float | None,
    Field(ge=0.01, le=100, allow_inf_nan=False, description="Cut latents at +-T; GAN and VAE."),
    _Number,
]
Steps = Annotated[
    int | None, Field(ge=1, le=200, description="Of the sampler; of a flow."), _Number
]
Guidance = Annotated[
    float | None,
    Field(ge=0, le=100, allow_inf_nan=False, description="Towards the class; of a flow."),
    _Number,
]
Accept = Annotated[
    bool, Field(description="Draw again what the gates refuse; where the service has gates.")
]


class Asked(BaseModel):
    """A request for images."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    classes: Classes = []
    n: Count = 1
    seed: Seed = 0
    format: Format = Format.png
    truncation: Truncation = None
    steps: Steps = None
    guidance: Guidance = None
    accept: Accept = False

    def drawing(self) -> dict[str, Any]:
        """The options of the draw that were given, by name."""
        given = {"truncation": self.truncation, "steps": self.steps, "guidance": self.guidance}
        return {name: value for name, value in given.items() if value is not None}

    def told(self, identity) -> dict[str, Any]:
        """As the worker takes it."""
        return {
            "id": identity,
            "classes": self.classes,
            "n": self.n,
            "seed": self.seed,
            "format": self.format.value,
            "accept": self.accept,
            "drawing": self.drawing(),
        }
