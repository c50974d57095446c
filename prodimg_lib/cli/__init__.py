"""The ``prodimg`` command, a file for each of its commands.

Heavy modules are imported inside commands: ``--help`` is instant.
"""

import sys

import typer

from prodimg_lib.cli import data, human_eval, interview
from prodimg_lib.cli.adjust import adjust
from prodimg_lib.cli.choose import choose
from prodimg_lib.cli.compare import compare
from prodimg_lib.cli.evaluate import evaluate
from prodimg_lib.cli.export import export
from prodimg_lib.cli.generate import generate
from prodimg_lib.cli.monitor import monitor
from prodimg_lib.cli.run import run
from prodimg_lib.cli.serve import serve
from prodimg_lib.cli.tune import tune
from prodimg_lib.errors import InputError, Interrupted

app = typer.Typer(
    help="Product images with GANs and VAEs: prepare, train, generate, evaluate.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: importing Rich for it would double the start-up time
)
for command in (run, generate, evaluate, choose, tune, compare, adjust, export, serve, monitor):
    app.command()(command)
app.add_typer(data.app, name="data")
app.add_typer(interview.app, name="interview")
app.add_typer(human_eval.app, name="human-eval")


def _check_given(arguments):
    """Refuse what is empty, as an unset variable of a shell is: as a path it would mean "here"."""
    arguments = [str(given) for given in arguments]
    for before, given in zip(["", *arguments], arguments, strict=False):
        name, mark, value = given.partition("=")
        if mark and name.startswith("--") and not value:
            before, given = name, value
        if not given:
            what = before if before.startswith("-") else "an argument"
            raise InputError(f"{what} is empty: give it a value, or leave it out")


def main(arguments=None):
    """Entry point: errors a person can mend are one line on stderr and exit code 2."""
    # A path need not be UTF-8: for scripts it leaves as it came, for people it is spelt out.
    for stream, errors in ((sys.stdout, "surrogateescape"), (sys.stderr, "backslashreplace")):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=errors)
    try:
        _check_given(sys.argv[1:] if arguments is None else arguments)
        app(args=arguments)
    except InputError as error:
        print(f"prodimg: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:  # of the machine, where no one foresaw it
        place = f"{error.filename}: " if error.filename else ""
        reason = (error.strerror or str(error)).lower()
        print(
            f"prodimg: {place}{reason}: mend that, or choose another path, and repeat the command",
            file=sys.stderr,
        )
        sys.exit(2)
    except KeyboardInterrupt:
        print("prodimg: interrupted; what was saved stays", file=sys.stderr)
        sys.exit(130)
    except Interrupted as error:
        print(f"prodimg: {error}; run the same command again to go on", file=sys.stderr)
        sys.exit(130)
