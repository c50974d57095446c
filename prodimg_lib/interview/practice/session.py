"""The dialogue of a mock interview, in a terminal or with scripted input."""

import time
from pathlib import Path

from prodimg_lib.interview.language import language, say
from prodimg_lib.interview.practice.mock import Answered, Unreadable, read_ticks
from prodimg_lib.interview.render import show
from prodimg_lib.interview.words import words

FOLLOW_UPS = 2  # asked after each question


class Quit(Exception):  # noqa: N818 (it is an event, not an error)
    """The person ends the interview."""


class Session:
    """One interview. After ``run``, ``answered`` holds what was done and ``ended`` why it stopped.

    Args:
        plan: ``mock.Plan``.
        console: of Rich.
        folder: where files to write code in go.
        ask: ``ask(prompt)`` returns a line; EOFError and KeyboardInterrupt end the interview.
        clock: seconds, as ``time.monotonic``.
        check: ``check(question, path)`` gives a ``Result``; by default in a process of its own.
        on_answer: called with each ``Answered`` when it is scored.
        answered: what was done before, of an interview that is taken up again; the last may be
            unfinished.
    """

    def __init__(
        self,
        plan,
        console,
        folder=".",
        lang="en",
        ask=input,
        clock=time.monotonic,
        check=None,
        on_answer=None,
        answered=(),
    ):
        self.plan, self.console, self.folder, self.lang = plan, console, Path(folder), lang
        self.ask, self.clock = ask, clock
        self.check = check or (lambda question, path: question.check(path))
        self.on_answer = on_answer or (lambda answered: None)
        self.said = words(language(lang))["mock"]
        self.answered = list(answered)
        self.ended = None  # "done", "time" or "quit"

    @property
    def seconds(self):
        return sum(answered.seconds for answered in self.answered)

    def run(self):
        """Ask until the questions or the minutes are used up, or the person ends it."""
        plan = self.plan
        n, style = len(plan.questions), "bold cyan"
        self._say(f"{self.said['title']}", style=style)
        self._say(self.said["opening"].format(minutes=plan.minutes, n=n, seed=plan.seed))
        self._say(self.said["keys"])
        self.ended = "done"
        try:
            done = sum(answered.scores is not None for answered in self.answered)
            for i, question in enumerate(plan.questions[done:], done + 1):
                if self.seconds >= 60 * plan.minutes:
                    self.ended = "time"
                    self._say(self.said["time_up"], style=style)
                    break
                if len(self.answered) < i:
                    self.answered.append(Answered(question))
                self._question(i, n, self.answered[-1])
        except (Quit, EOFError, KeyboardInterrupt):
            self.ended = "quit"
            self.console.print()
            self._say(self.said["ended"])

    def _question(self, i, n, answered):
        question = answered.question
        self.console.print()
        self.console.rule(self._time_left(i, n), style="cyan")
        self.console.print(show.question(question, self.lang))
        self.console.print()
        if answered.file and answered.file.exists():
            self._say(self.said["file"].format(path=answered.file))
        elif question.task_code():
            answered.file = write_starter(question, _free(self.folder, file_name(question)))
            self._say(self.said["file"].format(path=answered.file))
        begun, self._off, before = self.clock(), 0.0, answered.seconds
        try:
            self._answer(answered)
            asked = self._follow_ups(question)
        finally:
            answered.seconds = before + self.clock() - begun - self._off
        self._score(answered, asked)
        self.on_answer(answered)

    def _time_left(self, i, n):
        minutes = self.plan.minutes - self.seconds / 60
        key = "head" if minutes >= 0 else "over"
        return self.said[key].format(i=i, n=n, left=f"{minutes:.0f}", over=f"{-minutes:.0f}")

    def _answer(self, answered):
        """Until the person says that the question is answered."""
        question = answered.question
        form = question.kind if question.kind in ("concept", "design") else "code"
        while key := self._line(self.said["prompt"][form]).lower():
            if key == "h":
                self._hint(answered)
            elif key == "c" and answered.file:
                self._check(answered)
            elif key == "i" and form == "design":
                self.console.print(show.interviewer(question, self.lang))
            else:
                self._say(self.said["unknown"].format(given=key))
        if answered.file and answered.checks[-1:] != ["pass"]:
            self._check(answered)

    def _hint(self, answered):
        if answered.hints == len(answered.question.data["hints"]):
            self._say(self.said["no_more_hints"])
            return
        answered.hints += 1
        self.console.print(show.hint(answered.question, answered.hints, self.lang))

    def _check(self, answered):
        """Check the file; the time that takes is not the person's."""
        begun = self.clock()
        self._say(self.said["checking"].format(path=answered.file))
        try:
            result = self.check(answered.question, answered.file)
        finally:
            self._off += self.clock() - begun
        answered.checks.append(result.status)
        self._say(result.text(self.lang))

    def _follow_ups(self, question):
        asked = question.data["follow_ups"][:FOLLOW_UPS]
        for follow_up in asked:
            self.console.print()
            ask = self.said["follow_up"].format(ask=say(follow_up["ask"], self.lang))
            self.console.print(show.Shown([("text", ask)]))
            self._line(self.said["follow_up_keys"])
        return asked

    def _score(self, answered, asked):
        """Show a good answer and let the person say which points were made."""
        question, said = answered.question, self.said
        self.console.print()
        self._say(said["paused"], style="bold cyan")
        self.console.print(show.answer(question, asked, self.lang))
        rubric = question.data["rubric"]
        weights = [point["weight"] for point in rubric]
        by_check = {
            i: weights[i] * (answered.checks[-1:] == ["pass"])
            for i, point in enumerate(rubric)
            if point["id"] == "correct" and question.kind == "coding"
        }
        for i in by_check:
            self._say(said["by_check"].format(number=i + 1))
        points = self._ticks(said["tick"], weights)
        for i, value in by_check.items():
            points[i] = value
        scores = {point["id"]: value for point, value in zip(rubric, points, strict=True)}
        made = self._ticks(said["follow_tick"], [1] * len(asked)) if asked else []
        answered.follow_ups = [bool(point) for point in made]
        answered.scores = scores
        used = f"{answered.seconds / 60:.1f}"
        self._say(
            said["scored"].format(points=answered.points, used=used, planned=question.minutes)
        )

    def _ticks(self, prompt, weights):
        while True:
            try:
                return read_ticks(self._line(prompt), weights)
            except Unreadable as error:
                self._say(error.words(self.said))

    def _line(self, prompt):
        self.console.print(prompt, style="dim", markup=False, highlight=False)
        line = self.ask("> ").strip()
        if line.lower() in ("q", "quit"):
            raise Quit
        return line

    def _say(self, text, style=None):
        self.console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def file_name(question):
    return f"{question.id}_{question.entry()}.py"


def write_starter(question, path):
    """Write the code to begin with into a new file.

    Returns:
        The path.

    Raises:
        FileExistsError: there is such a file already.
    """
    with Path(path).open("x", encoding="utf-8") as file:
        file.write(f"# {question.id}  {question.title()}\n")
        file.write(f"# Check it with: prodimg interview check {question.id} {path}\n")
        if question.torch_code():
            file.write("# Or in PyTorch: import torch here, and you are given its tensors.\n")
        file.write("\n")
        file.write(question.task_code())
    return Path(path)


def _free(folder, name):
    """A path in the folder that does not exist yet."""
    path, n = folder / name, 2
    while path.exists():
        path, n = folder / f"{Path(name).stem}-{n}.py", n + 1
    return path
