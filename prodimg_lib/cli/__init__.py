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


def main(arguments=None):
    """Entry point: errors a person can mend are one line on stderr and exit code 2."""
    try:
        app(args=arguments)
    except InputError as error:
        print(f"prodimg: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("prodimg: interrupted; what was saved stays", file=sys.stderr)
        sys.exit(130)
    except Interrupted as error:
        print(f"prodimg: {error}; run the same command again to go on", file=sys.stderr)
        sys.exit(130)
