"""Cards: questions answered and graded one after another, without a clock."""

from prodimg_lib.interview.practice.mock import Answered, Plan
from prodimg_lib.interview.practice.session import Quit, Session


class Cards(Session):
    """As a ``Session``, of these questions, with no time limit and no follow-ups."""

    def __init__(self, questions, *arguments, **options):
        super().__init__(Plan(questions, 0, 0), *arguments, **options)

    def run(self):
        """Ask until all are answered or the person ends it."""
        questions = self.plan.questions
        self.ended = "done"
        try:
            for i, question in enumerate(questions, 1):
                self.answered.append(Answered(question))
                self._question(i, len(questions), self.answered[-1])
        except (Quit, EOFError, KeyboardInterrupt):
            self.ended = "quit"
            self.console.print()

    def _time_left(self, i, n):
        return self.said["card"].format(i=i, n=n)

    def _follow_ups(self, question):
        return []


def choose(bank, kept, due=False, topic=None, level=None, kind=None, seniority=None):
    """What to practise: due questions, the longest waiting first; then those never tried.

    Args:
        kept: ``Progress``.
        due: only what is due.

    Raises:
        InputError: an unknown topic, level, kind or seniority.
    """
    fitting = {q.id: q for q in bank.filter(topic, level, kind, seniority)}
    waiting = [fitting[id_] for id_ in kept.due() if id_ in fitting]
    return waiting if due else waiting + [q for q in fitting.values() if q.id not in kept.entries]
