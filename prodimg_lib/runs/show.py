"""What a run tells while it works."""


class Show:
    """Receives the progress of a run and shows nothing; ``cli.display.Display`` shows it."""

    def stage(self, name):
        """A stage begins: prepare, train, generate, evaluate or report."""

    def message(self, line):
        """One line a person should see."""

    def progress(self, done, total, note=""):
        """Part of the current stage is done."""

    def scores(self, table):
        """The ``metrics.Scores`` of a run."""

    def verdict(self, verdict):
        """What the gates of a run say, as ``runs.verdict.decide`` returns it."""
