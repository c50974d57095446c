"""The ``prodimg`` command. Heavy modules are imported inside commands: ``--help`` is instant."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from prodimg_lib.cli.interview import app as interview_app
from prodimg_lib.errors import InputError, Interrupted

app = typer.Typer(
    help="Product images with GANs and VAEs: prepare, train, generate, evaluate.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: importing Rich for it would double the start-up time
)
data_app = typer.Typer(
    help="Prepare photographs, or look at what a source gives.", no_args_is_help=True
)
app.add_typer(data_app, name="data")
app.add_typer(interview_app, name="interview")


class _MakeByDefault(typer.core.TyperGroup):
    """``human-eval RUN`` makes the page; only ``score`` must be said (a run called so: ./score)."""

    def parse_args(self, ctx, args):
        if args and args[0] not in {*self.commands, "--help"}:
            args = ["make", *args]
        return super().parse_args(ctx, args)


human_app = typer.Typer(
    cls=_MakeByDefault,
    help="Ask people which image is real: `human-eval RUN` makes the page, `score` reads answers.",
    no_args_is_help=True,
)
app.add_typer(human_app, name="human-eval")

Source = Annotated[
    str,
    typer.Option("--data", help="fashion-mnist, catalogue, auto, or a folder of photographs."),
]
Size = Annotated[
    int | None, typer.Option(help="Side in pixels: 28, 32 or 64.  [default: the source's]")
]
ChannelCount = Annotated[
    int | None, typer.Option("--channels", help="1 (grey) or 3 (colour).  [default: the source's]")
]
Fit = Annotated[str, typer.Option(help="pad (keep all of a photograph) or crop (fill the square).")]
Limit = Annotated[int | None, typer.Option(help="Use only so many training images.")]
Seed = Annotated[int, typer.Option(help="Same seed, same run.")]


def _config(path, given, assignments):
    """``RunConfig`` from a YAML file (if any), then flags, then ``--set key=value``."""
    import yaml

    from prodimg_lib.settings import RunConfig, load_config, parse

    values = load_config(path).model_dump() if path else RunConfig().model_dump()
    pairs = [(key, value) for key, value in given.items() if value is not None]
    for text in assignments:
        key, mark, value = text.partition("=")
        if not mark:
            raise InputError(f"--set {text}: expected KEY=VALUE, such as settings.width=48")
        pairs.append((key, yaml.safe_load(value)))
    for key, value in pairs:
        place = values
        *sections, last = key.split(".")
        for section in sections:
            place = place.setdefault(section, {})
            if not isinstance(place, dict):
                raise InputError(f"--set {key}: {section!r} is a value, not a section")
        place[last] = value
    return parse(RunConfig, values, str(path) if path else "settings")


@app.command()
def run(
    out: Annotated[Path, typer.Option(help="Run folder; an unfinished run in it goes on.")],
    data: Source = None,
    model: Annotated[str | None, typer.Option(help="gan, vae or vqvae.  [default: gan]")] = None,
    minutes: Annotated[
        float | None, typer.Option(help="Training time; the rest adds about one.  [default: 3]")
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Train so many steps instead.")] = None,
    size: Size = None,
    channels: ChannelCount = None,
    fit: Annotated[
        str | None, typer.Option(help="pad or crop photographs.  [default: pad]")
    ] = None,
    limit: Limit = None,
    conditional: Annotated[
        bool | None,
        typer.Option("--conditional/--unconditional", help="Generate by class.  [default: yes]"),
    ] = None,
    images: Annotated[
        int | None, typer.Option(help="How many images to generate and score.  [default: 2000]")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same run.  [default: 0]")] = None,
    config: Annotated[Path | None, typer.Option(help="YAML file with settings.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Any setting, e.g. settings.width=48, train.batch_size=128."),
    ] = None,
):
    """Photographs in, new product images out: prepare, train, generate, evaluate, report."""
    from prodimg_lib.settings import load_config

    _positive("--minutes", minutes, "3")
    _positive("--steps", steps, "500")
    if steps is not None and minutes is None:
        set_ = [*(set_ or []), "train.minutes=null"]
    if config is None and (out / "config.yaml").is_file():
        # Going on: what is not said again stays as it was.
        load_config(out / "config.yaml")
        config = out / "config.yaml"
    given = {
        "data.source": data,
        "model": model,
        "train.minutes": minutes,
        "train.steps": steps,
        "data.size": size,
        "data.channels": channels,
        "data.fit": fit,
        "data.limit": limit,
        "conditional": conditional,
        "evaluate.images": images,
        "seed": seed,
    }
    settings = _config(config, given, set_ or [])
    _with_display(lambda pipeline, show: pipeline.run(settings, out, show), f"{out}/report.html")


@app.command()
def generate(
    run: Annotated[
        Path,
        typer.Argument(help="A run folder, or fashion-mnist or catalogue: shipped generators."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the images.")],
    n: Annotated[int, typer.Option("-n", "--n", help="How many images.")] = 64,
    label: Annotated[
        str | None, typer.Option("--class", help="Only this class (name or number).")
    ] = None,
    seed: Seed = 0,
    truncation: Annotated[
        float | None, typer.Option(help="Cut latents at +-T: fewer odd images, less variety.")
    ] = None,
):
    """Make images with a trained run: PNG files, a grid and a manifest."""

    def work(pipeline, show):
        show.stage("generate")
        pipeline.generate(run, out, n, label, seed, truncation)

    _with_display(work, f"{out}/grid.png")


@app.command()
def evaluate(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    images: Annotated[int | None, typer.Option(help="How many images to score.")] = None,
):
    """Score a trained run again and rewrite its metrics and report."""

    def work(pipeline, show):
        settings = pipeline.read_config(run)
        if images is not None:
            from prodimg_lib.settings import RunConfig, parse

            values = settings.model_dump() | {"evaluate": {"images": images}}
            settings = parse(RunConfig, values, "settings")
        pipeline.evaluate(run, show, config=settings)

    _with_display(work, f"{run}/report.html")


@data_app.command()
def prepare(
    out: Annotated[Path, typer.Option(help="Folder for images.npz, contact.png and skipped.csv.")],
    data: Source = "auto",
    size: Size = None,
    channels: ChannelCount = None,
    fit: Fit = "pad",
    limit: Limit = None,
    seed: Seed = 0,
):
    """Turn a source into clean square arrays on disk."""

    from prodimg_lib.runs import outputs

    def work(pipeline, show):
        show.stage("prepare")
        images = _load(show, data, size, channels, fit, limit, seed)
        outputs.write_prepared(images, out)
        show.message(_summary(images))

    _with_display(work, f"{out}/contact.png")


@data_app.command()
def show(
    data: Source = "auto",
    size: Size = None,
    channels: ChannelCount = None,
    fit: Fit = "pad",
    limit: Limit = None,
    seed: Seed = 0,
    out: Annotated[Path | None, typer.Option(help="Also write a contact sheet (PNG).")] = None,
):
    """Print what a source holds: images, classes, skipped files."""

    from prodimg_lib.runs import outputs

    def work(pipeline, display):
        images = _load(display, data, size, channels, fit, limit, seed)
        display.table(images)
        if out:
            outputs.write_contact_sheet(images, out)

    _with_display(work, out)


@human_app.command("make")
def human_make(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    out: Annotated[
        Path | None, typer.Option(help="The page.  [default: RUN/human-study.html]")
    ] = None,
    pairs: Annotated[int, typer.Option(help="Pairs to judge; catch trials come on top.")] = 40,
    seconds: Annotated[
        float, typer.Option(help="How long a pair is shown; 0 = until answered.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="Same seed, same page.")] = 0,
):
    """Make the page of a study "which one is real?": one file, for any browser, offline."""

    def work(pipeline, show):
        from prodimg_lib.runs import human_study

        show.stage("generate")
        path = human_study.study_of_run(
            run, out, pairs=pairs, seconds=seconds, seed=seed, show=show
        )
        made.append(path)

    made = []
    _with_display(work, None)
    print(made[0])


@human_app.command("score")
def human_score(
    files: Annotated[list[Path], typer.Argument(help="Answer files of one study.")],
    out: Annotated[Path | None, typer.Option(help="Also write the scores as JSON.")] = None,
):
    """Score the answers of a study: fooling rate with its interval, raters, agreement."""
    from prodimg_lib.cli.display import Display
    from prodimg_lib.runs import human_study

    result = human_study.score(files)
    Display().study(result)
    if out:
        human_study.write_scores(result, out)


def _load(show, data, size, channels, fit, limit, seed):
    from prodimg_lib.data import load

    return load(
        data,
        size,
        channels,
        fit=fit,
        limit=limit,
        seed=seed,
        on_message=show.message,
        on_progress=show.progress,
    )


def _summary(images):
    return (
        f"{len(images.images):,} training and {len(images.test_images):,} held-out images, "
        f"{images.size} px, {len(images.class_names)} classes, {len(images.skipped)} files skipped"
    )


def _positive(flag, value, example):
    if value is not None and not value > 0:
        raise InputError(f"{flag} {value:g}: expected a number above 0, such as {example}")


def _with_display(work, result):
    """Run ``work(pipeline, display)`` with live progress, then say where the result is."""
    from prodimg_lib.cli.display import Display
    from prodimg_lib.runs import run as pipeline

    with Display() as display:
        work(pipeline, display)
    if result:
        display.done(result)


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


if __name__ == "__main__":
    main()
