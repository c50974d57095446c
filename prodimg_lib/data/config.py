"""The settings of ``prodimg data prepare``."""

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from prodimg_lib.data import duplicates
from prodimg_lib.settings import Channels, PositiveFloat, PositiveInt, Settings, Size

Share = Annotated[float, Field(ge=0, lt=1)]


class Gates(Settings):
    """Limits beyond which a photograph is left out; ``None`` opens a gate. See ``gates.measure``.

    Of 1,265 sellers' photographs of clothing the defaults drop none; blurred by 6 of their 400
    pixels, 9 in 10 are dropped. Few sellers have a white border, so that gate is open.
    """

    too_small: PositiveInt | None = None  # pixels of the shorter side
    odd_aspect: Annotated[float, Field(ge=1)] | None = 3.0
    blank: PositiveFloat | None = 4.0
    dark: PositiveFloat | None = 60.0
    low_information: PositiveFloat | None = 0.8
    blurred: PositiveFloat | None = 0.2
    off_white_border: Annotated[float, Field(gt=0, le=1)] | None = None


class Duplicates(Settings):
    """How far near duplicates are apart: ``copy`` are dropped, ``same`` stay in one split."""

    copies: Annotated[float, Field(ge=0)] = duplicates.COPY
    same: Annotated[float, Field(ge=0)] = duplicates.SAME


class CutOut(Settings):
    """``auto``: rembg where it and its model are installed, else OpenCV's GrabCut.

    Below ``confidence`` a photograph is left whole.
    """

    method: Literal["auto", "opencv", "rembg", "none"] = "auto"
    confidence: Annotated[float, Field(ge=0, le=1)] = 0.9


class PrepareConfig(Settings):
    """All settings of a preparation.

    ``item`` is a regular expression with one group: photographs whose path within the folder has
    the same text there show the same item, and stay in one split. Over ``shard_above_mb`` of pixels
    TFRecord shards of ``shard_mb`` are written in place of one ``.npz``.
    """

    size: Size = 64
    channels: Channels = 3
    fit: Literal["pad", "crop"] = "pad"
    cutout: CutOut = CutOut()
    gates: Gates = Gates()
    duplicates: Duplicates = Duplicates()
    item: str | None = None
    val: Share = 0.1
    test: Share = 0.15
    shard_above_mb: Annotated[float, Field(ge=0)] = 1024
    shard_mb: PositiveFloat = 128
    seed: Annotated[int, Field(ge=0)] = 0

    @field_validator("item")
    @classmethod
    def _pattern(cls, item):
        try:
            groups = re.compile(item).groups if item is not None else 1
        except re.error as error:
            raise ValueError(f"item = {item!r} is no regular expression: {error}") from None
        if groups != 1:
            raise ValueError(f"item = {item!r}: expected one group, as in '([^/]+)_[0-9]+\\.jpg$'")
        return item

    @model_validator(mode="after")
    def _shares(self):
        if self.val + self.test >= 1:
            raise ValueError(f"val + test = {self.val + self.test:g}: nothing is left to train on")
        return self
