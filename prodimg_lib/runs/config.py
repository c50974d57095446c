"""The settings of a run: the file ``config.yaml`` of its folder."""

from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_serializer, field_validator, model_validator

from prodimg_lib.errors import InputError
from prodimg_lib.models.config import NetworkConfig
from prodimg_lib.models.families import MODELS
from prodimg_lib.runs.verdict import parse_gate
from prodimg_lib.settings import (
    Channels,
    PositiveFloat,
    PositiveInt,
    Settings,
    Size,
    explain,
    key_problem,
    read_settings,
)


class DataConfig(Settings):
    """Where the photographs come from and what they become; ``None`` = the source's own default."""

    source: str = "auto"
    size: Size | None = None
    channels: Channels | None = None
    fit: Literal["pad", "crop"] = "pad"
    limit: PositiveInt | None = None


class TrainConfig(Settings):
    """How long and on how much at a time. Whichever of ``minutes`` and ``steps`` ends first.

    ``batch_size``, left out, follows from model and data (``with_batch_size``) and is noted then.
    ``tensorboard``: log for TensorBoard too, into the run folder.
    ``validate_every``: measure the model on a validation part every so many steps and at the end,
    on ``validate_images`` at most, and use the best checkpoint, not the last (``runs.selection``).
    None measures nothing and trains on all training photographs.
    ``precision``: ``bfloat16`` trains in 16 bits where that is safe (``models.precision``): faster
    on a processor with instructions for it, slower on one without; ``auto`` does so at 64 px where
    it is faster.
    """

    minutes: PositiveFloat | None = 3.0
    steps: PositiveInt | None = None
    batch_size: Annotated[int, Field(ge=2)] | None = None
    log_every: PositiveInt = 50
    checkpoint_seconds: PositiveFloat = 30.0
    tensorboard: bool = False
    validate_every: PositiveInt | None = None
    validate_images: Annotated[int, Field(ge=4)] = 500
    precision: Literal["auto", "float32", "bfloat16"] = "auto"

    @model_validator(mode="after")
    def _ends(self):
        if self.minutes is None and self.steps is None:
            raise ValueError("set minutes or steps, or training would never end")
        return self


class EvaluateConfig(Settings):
    """``images``: how many to generate and score (fewer where fewer real ones are held out).
    ``second``: ask a second network too, where the first one is the shipped classifier.
    ``gates``: what the model must meet to ship, such as ``coverage >= 0.4`` (``runs.verdict``).
    ``extractor``: name of the network to judge by in all that a run does, such as one of
    ``metrics.register_extractor``; None = the shipped classifier for its own images, else
    EfficientNet-Lite0.
    """

    images: Annotated[int, Field(ge=4)] = 2000
    second: bool = True
    gates: tuple[str, ...] = ()
    extractor: str | None = None

    @field_validator("gates", mode="before")
    @classmethod
    def _one_line(cls, gates):
        return gates.split(",") if isinstance(gates, str) else gates

    @field_validator("gates")
    @classmethod
    def _gates(cls, gates):
        return tuple(str(parse_gate(gate)) for gate in gates)


class CardConfig(Settings):
    """What a model card says that nothing here can measure: the licences, by name, of photographs
    and of model, and what the images are meant for. None is printed as "not stated".
    """

    data_licence: str | None = None
    model_licence: str | None = None
    intended_use: str | None = None


class RunConfig(Settings):
    """All settings of one run; the file ``config.yaml`` of the run folder.

    ``settings`` are those of the family that ``model`` names: a ``GANConfig`` where that is
    ``gan``. Their shape (size, channels, classes, seed) follows from the data and the run, so it
    cannot be set; in the file stands only what somebody chose.
    """

    data: DataConfig = DataConfig()
    model: str = "gan"
    conditional: bool = True
    settings: NetworkConfig = Field(default_factory=dict, validate_default=True)
    train: TrainConfig = TrainConfig()
    evaluate: EvaluateConfig = EvaluateConfig()
    card: CardConfig = CardConfig()
    seed: int = 0

    @field_validator("model")
    @classmethod
    def _known(cls, name):
        if name not in MODELS:
            *first, last = map(repr, MODELS)
            raise ValueError(f"model = {name!r}: expected {', '.join(first)} or {last}")
        return name

    @field_validator("settings", mode="plain")
    @classmethod
    def _of_the_model(cls, values, info):
        if "model" not in info.data:  # of no family: what is wrong with it is said already
            return NetworkConfig()
        kind = MODELS[info.data["model"]].load_config()
        if isinstance(values, kind):
            return values
        if not isinstance(values, dict):
            raise ValueError(f"settings: expected keys with values, got {type(values).__name__}")
        if problem := key_problem(values):
            raise ValueError(f"settings: {problem}")
        for key in set(values) & set(kind.SHAPE):
            raise ValueError(
                f"settings.{key} cannot be set here: it follows from the data and the run "
                "(use --size, --channels, --seed)"
            )
        try:
            # Whether there are classes only the data can say: settings that need them pass here.
            return kind(**values, num_classes=1)
        except ValidationError as error:
            raise ValueError(explain(kind, error, "settings", kind.SHAPE)) from None

    @field_serializer("settings")
    def _given(self, settings):
        return settings.given

    def amounting_to(self):
        """As ``model_dump``, with all settings of the model, defaults too, but not its shape."""
        return self.model_dump() | {
            "settings": self.settings.model_dump(exclude=set(self.settings.SHAPE))
        }


def with_batch_size(config, data):
    """The settings of a run on these data, with the model's usual batch size if they name none.

    Raises:
        InputError: the training images do not fill one batch.
    """
    n, size = data.train_count, config.train.batch_size
    if size is None:
        size = MODELS[config.model].load_config().usual_batch(data.size, data.channels, n)
    if n < size:
        advice = f"add --set train.batch_size={n}, or images" if n > 1 else "add images"
        raise InputError(f"{n} images do not fill one batch of {size} ({data.origin}): {advice}")
    train = config.train.model_copy(update={"batch_size": size})
    return config.model_copy(update={"train": train})


def load_config(path):
    """Read a ``RunConfig`` from a YAML file.

    Raises:
        InputError: the file is missing or not YAML, or a key is unknown or out of range.
    """
    return read_settings(RunConfig, path)


def check_shares(config, n):
    """Refuse a run whose batch n devices cannot share evenly.

    Raises:
        InputError: so it is.
    """
    size = config.train.batch_size
    if size % n:
        fits = max(n, size - size % n)
        raise InputError(
            f"train.batch_size = {size} cannot be shared evenly by {n}: expected a multiple of "
            f"{n}, such as --set train.batch_size={fits}, or another number than {n}"
        )
