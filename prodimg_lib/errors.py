"""The one exception for input a person can mend."""


class InputError(ValueError):
    """Bad input: the message names the file, key or value, what was expected and what to do.

    The command line prints the message on one line and exits with code 2.
    """


class CannotWriteError(InputError):
    """A file or folder cannot be written: of no permission, or no room. Nobody's settings are at
    fault, so what tries several of them stops here; repeated when there is room, it goes on.
    """


class Interrupted(Exception):  # noqa: N818 (it is an event, not an error)
    """Training was stopped by a signal; everything is saved and the run can go on."""
