"""What stands in a question's YAML file; ``WRITING.md`` says how to write one."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from prodimg_lib.interview.terms import TOPICS, Kind, Level, MoreTopic, Seniority, Topic

Id = Annotated[str, Field(pattern=r"^[A-Z][0-9]{2}$")]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Words = Annotated[str, Field(min_length=2)]


class Part(BaseModel):
    """An unknown key is an error, and so is a value of another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Text(Part):
    en: Words
    zh: Words = ""


class Translated(Part):
    en: Words
    zh: Words


class Answer(Part):
    short: Translated  # said in 30 seconds
    full: Text  # said in two minutes
    whiteboard: Text  # derived or drawn, step by step
    spoken: Text | None = None  # the short answer as it is said aloud: no formula


class Point(Part):
    """Of the rubric."""

    id: Slug
    weight: int = Field(ge=5, le=80)
    must: bool
    text: Text
    half: Text | None = None  # what earns half of a large point


class WrongAnswer(Part):
    text: Text
    why: Text


class Asked(Part):
    """A follow-up, or what to ask the interviewer of a design case."""

    ask: Text
    answer: Text


class Cited(Part):
    key: str = Field(pattern=r"^[a-z0-9]+$")  # of book/references.bib
    where: Words = ""
    figures: list[Words] = Field([], min_length=1)  # as they stand in the text, read there


class Number(Part):
    quoted: str = Field(min_length=1)  # as it stands in the text of this question
    compute: str = Field(min_length=1)  # an expression for ``figures.compute``
    within: float = Field(0.0, gt=0)  # allowed difference; default: half a unit of the last digit


class Check(Part):
    expect: Text
    next: Text


class Mistake(Part):
    says: Text  # read after the words "looks like"
    bug: str = Field("", pattern=r"^B[0-9]{2}$")


class Exercise(Part):
    """Words for what the module of the same id checks."""

    checks: dict[Slug, Check]
    mistakes: dict[Slug, Mistake] = Field(min_length=1)


class Debug(Part):
    symptom: Text  # what a person sees, with no reason
    diagnosis: Text
    fix: Text
    checks: dict[Slug, Check] = {}
    mistakes: dict[Slug, Mistake] = Field({}, min_length=1)


class Sample(Part):
    """An answer to a design case, scored."""

    title: Text
    text: Text
    scores: dict[Slug, Annotated[int, Field(ge=0)]]
    total: int = Field(ge=0, le=100)
    comment: Text


class Design(Part):
    clarify: list[Asked] = Field(min_length=3)
    capacity: dict[str, float] = Field(min_length=1)  # arguments of ``capacity.plan``
    samples: list[Sample] = Field(min_length=2)


class File(Part):
    id: Id  # never changes: exported cards are recognised by it
    kind: Kind
    level: Level
    seniority: Seniority | None = None  # who is expected to answer a medium question well
    topics: list[Literal[Topic, MoreTopic]] = Field(min_length=1)  # the first is its page
    minutes: int = Field(ge=2, le=60)
    title: Translated
    prompt: Translated
    answer: Answer
    rubric: list[Point] = Field(min_length=2, max_length=10)
    red_flags: list[Text] = Field(min_length=1)
    wrong_answers: list[WrongAnswer] = Field(min_length=1)
    follow_ups: list[Asked] = Field(min_length=1)
    related: list[Id] = []
    hints: list[Text] = Field(min_length=1)
    cite: list[Cited] = Field(min_length=1)
    numbers: list[Number] = []
    chosen: list[Words] = Field([], min_length=1)  # figures an answer sets itself, as they stand
    exercise: Exercise | None = None
    debug: Debug | None = None
    design: Design | None = None

    @model_validator(mode="after")
    def _fits_together(self):
        letters = {"coding": "C", "debug": "B", "design": "P"}
        letter = letters.get(self.kind, "")
        if not self.id.startswith(letter) or (not letter and self.id[0] in letters.values()):
            wanted = f"with {letter}" if letter else f"with none of {', '.join(letters.values())}"
            raise ValueError(f"id = {self.id!r}: a {self.kind} question's begins {wanted}")
        for kind, part in {"coding": "exercise", "debug": "debug", "design": "design"}.items():
            if (getattr(self, part) is not None) != (kind == self.kind):
                verb = "needs the" if kind == self.kind else "has no"
                raise ValueError(f"kind = {self.kind!r}: such a question {verb} part {part!r}")
        if self.seniority and self.level != "M":
            raise ValueError(f"seniority = {self.seniority!r}: only a question of level M has one")
        if self.level == "M" and not self.seniority:
            raise ValueError("level = 'M': needs seniority, 'junior' (expected of all) or 'senior'")
        if self.topics[0] not in TOPICS:
            raise ValueError(
                f"topics/0 = {self.topics[0]!r}: expected a page of the book, {', '.join(TOPICS)}"
            )
        for name in ("topics", "related"):
            values = getattr(self, name)
            if len(set(values)) < len(values):
                raise ValueError(f"{name} = {values}: expected each only once")
        return self


def problems(data):
    """What is wrong with the form of a file: lines that name key, value and what was expected."""
    try:
        File.model_validate(data)
    except ValidationError as error:
        return [_line(problem) for problem in error.errors(include_url=False)]
    return []


def _line(problem):
    place, value = "/".join(map(str, problem["loc"])), repr(problem["input"])
    message = problem["msg"].removeprefix("Value error, ")
    match problem["type"]:
        case "value_error":  # it names the keys itself
            return message
        case "missing":
            return f"{place}: missing"
        case "extra_forbidden":
            message = "no such key is known"
    value = value if len(value) <= 60 else f"{value[:59]}…"
    message = message.replace("Input should be", "expected")
    return f"{place} = {value}: {message[0].lower()}{message[1:]}"
