"""What a check found, for people (``print``) and for programs (``to_json``)."""

import json
from dataclasses import asdict, dataclass, field

from prodimg_lib.interview.language import one_line, say
from prodimg_lib.interview.words import words

STATUSES = ("pass", "fail", "not_attempted", "timeout", "crash", "ended", "no_torch")
JUDGED = ("symptom", "shape", "finite", "value", "gradient", "statistics")  # layers


@dataclass
class Result:
    """The outcome of one check.

    Attributes:
        id: of the question.      entry: the function's name.
        status: one of ``STATUSES``.
        layer: where it stopped (``checker.LAYERS``), None if it did not.
        check: name of the check that failed.
        seed: the seed of the inputs it failed on.
        given, want, came: inputs, what was expected and what came, as short text.
        where: line of the answer's code an exception comes from.
        expect, next, says: words by language: of the check, and of the mistake if it is known.
        mistake: name of the wrong variant that gives the same results, or None.
        bug: id of a debug question about that mistake.
        layers: names of the layers passed before it stopped.
        checks, seeds: how many were made.
        printed: what a file's code printed.
        detail: numbers that fill the words of ``status`` (seconds, reason).
    """

    id: str
    entry: str
    status: str
    layer: str | None = None
    check: str | None = None
    seed: int | None = None
    given: str = ""
    want: str = ""
    came: str = ""
    where: str = ""
    expect: dict = field(default_factory=dict)
    next: dict = field(default_factory=dict)
    says: dict = field(default_factory=dict)
    mistake: str | None = None
    bug: str | None = None
    layers: list = field(default_factory=list)
    checks: int = 0
    seeds: int = 0
    printed: str = ""
    detail: dict = field(default_factory=dict)

    @property
    def passed(self):
        return self.status == "pass"

    @property
    def judged(self):
        """Whether the answer itself was looked at: no slip of the keyboard, no tool that failed."""
        return self.passed or (self.status == "fail" and self.layer in JUDGED)

    def to_json(self, indent=2):
        return json.dumps(asdict(self), ensure_ascii=False, indent=indent)

    @classmethod
    def from_json(cls, text):
        return cls(**json.loads(text))

    def __repr__(self):
        return self.text()

    def text(self, lang="en"):
        """The message in a language: what was expected, what came, one next step."""
        said = words(lang)
        head = said["result"][self.status].format(id=self.id, **self.detail)
        layers = ", ".join(said["layers"][layer] for layer in self.layers)
        if self.passed:
            return f"{head} " + said["result"]["passed_checks"].format(
                seeds=self.seeds, checks=layers
            )
        if self.status != "fail":
            after = said["result"][f"{self.status}_next"].format(entry=self.entry)
            return "\n".join([f"{head} {after}", *self._output(said)])
        rows = [
            ("expected", self._expected(lang)),
            ("came", self.came),
            ("where", self.where),
            ("given", self.given),
        ]
        if self.mistake:
            rows.append(("looks_like", say(self.says, lang)))
        if self.bug:
            rows.append(("related", self.bug))
        if not self.mistake:
            rows.append(("next", say(self.next, lang)))
        labels = {key: said["labels"][key] for key, text in rows if text}
        width = 2 + max(len(label) for label in labels.values())
        trail = [f"{said['layers'][name]}: {said['result']['done']}" for name in self.layers]
        trail.append(f"{said['layers'][self.layer]}: {said['result']['here']}")
        lines = [f"{head} ({', '.join(trail)})"]
        for key, text in rows:
            if text:
                body = one_line(text) if key in ("looks_like", "next") else text
                lines.append(f"  {labels[key]:<{width}}{body}")
        return "\n".join([*lines, *self._output(said)])

    def _expected(self, lang):
        text = one_line(say(self.expect, lang))
        return f"{text} ({self.want})" if self.want else text

    def _output(self, said):
        return [said["result"]["printed"], self.printed.rstrip()] if self.printed.strip() else []
