"""One exercise after another, checked whenever its file is saved; single keys for the rest."""

from pathlib import Path

from prodimg_lib.interview.bank import bank
from prodimg_lib.interview.language import language
from prodimg_lib.interview.practice.session import file_name, write_starter
from prodimg_lib.interview.render import show
from prodimg_lib.interview.words import words

PAUSE = 0.2  # seconds between two looks at the file


class Watch:
    """Watches a file until the person quits.

    Args:
        question: to begin with, of a kind with code.
        path: its file, made if there is none; of later questions, beside it.
        console: of Rich.
        key: ``key(seconds)`` waits so long for a key and returns it, "" for none, None at the end.
        check: ``check(question, path)`` gives a ``Result``.
        on_result: called with question and result of every check.
    """

    def __init__(self, question, path, console, key, check, lang="en", on_result=None):
        self.question, self.path, self.console = question, Path(path), console
        self.key, self.check, self.lang = key, check, lang
        self.on_result = on_result or (lambda question, result: None)
        self.said = words(language(lang))["watch"]
        self.hints = 0

    def run(self):
        """Until the key q, the end of the input, or Ctrl-C, which raises KeyboardInterrupt."""
        self._begin()
        while True:
            if self._changed():
                self._check()
            key = self.key(PAUSE)
            match key:
                case None | "q" | "\x04":
                    return
                case "":
                    continue
                case "h":
                    self._hint()
                case "s":
                    self.console.print(show.solution(self.question, self.lang))
                case "n":
                    self.question, self.hints = following(self.question), 0
                    self.path = self.path.parent / file_name(self.question)
                    self._begin()
                case "c" | "\r" | "\n":
                    self._check()
            self._say(self.said["keys"])

    def _begin(self):
        self.console.print(show.question(self.question, self.lang))
        self.console.print()
        if not self.path.exists():
            write_starter(self.question, self.path)
        self._say(self.said["file"].format(path=self.path))
        self._say(self.said["keys"])
        self._seen = self._stamp()

    def _stamp(self):
        """Of the file as it is now; None while an editor has it away."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _changed(self):
        now = self._stamp()
        return now is not None and now != self._seen

    def _check(self):
        self._seen = self._stamp()
        if self._seen is None:
            return
        self._say(self.said["checking"].format(path=self.path))
        result = self.check(self.question, self.path)
        self._say(result.text(self.lang))
        self.on_result(self.question, result)
        if result.passed:
            self._say(self.said["passed"])

    def _hint(self):
        total = len(self.question.data["hints"])
        self.hints = min(self.hints + 1, total)
        self.console.print(show.hint(self.question, self.hints, self.lang))

    def _say(self, text):
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)


def following(question):
    """The next question with code, in the order of the ids; after the last comes the first."""
    ids = [id_ for id_ in bank if bank[id_].kind in ("coding", "debug")]
    ids.sort(key=lambda id_: (id_[0] != "C", id_))
    return bank[ids[(ids.index(question.id) + 1) % len(ids)]]
