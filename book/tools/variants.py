"""Exams with other numbers for every seed: a sheet for students and a key, each one HTML page.

    python book/tools/variants.py --seed 7 --minutes 90 --out _build/exam

Writes ``exam-7.html`` and ``exam-7-key.html``. Every question is drawn from a generator of random
numbers that only the seed determines; answers are closed forms or the library's own functions, and
each wrong choice is the result of a mistake that people make, which the key names.
"""

import argparse
import shutil
import sys
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader
from variant_questions import QUESTIONS

from prodimg_lib.interview.render.markup import as_html, mathjax

ROOT = Path(__file__).resolve().parents[2]
MATHJAX = ROOT / "book" / "_static" / "vendor" / "mathjax"


def draw(seed, questions=QUESTIONS):
    """The questions of a seed, each a ``Variant``, in the order of the exam."""
    return [question(np.random.default_rng([seed, i])) for i, question in enumerate(questions)]


def choices(variant, seed, number):
    """The answer and the mistakes' results, shuffled; equal ones appear once."""
    found = [{"text": variant.show(variant.answer), "right": True, "mistake": ""}]
    for value, mistake in variant.mistakes:
        text = variant.show(value)
        if text not in [c["text"] for c in found]:
            found.append({"text": text, "right": False, "mistake": as_html(mistake, mathjax)[3:-4]})
    order = np.random.default_rng([seed, number, 1]).permutation(len(found))
    return [found[i] for i in order]


def page(seed, minutes, key):
    """The HTML of a sheet, or of its key."""
    variants = draw(seed)
    shown = [
        {
            "title": v.title,
            "points": v.points,
            "prompt": as_html(v.prompt, mathjax),
            "way": as_html(v.way, mathjax),
            "choices": choices(v, seed, i),
        }
        for i, v in enumerate(variants)
    ]
    templates = Environment(loader=FileSystemLoader(Path(__file__).parent), trim_blocks=True)
    return templates.get_template("exam.html.j2").render(
        title=f"Exam {seed}" + (", key" if key else ""),
        minutes=minutes,
        total=sum(v.points for v in variants),
        questions=shown,
        key=key,
    )


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="another seed, other numbers")
    parser.add_argument("--minutes", type=int, default=90, help="what the sheet says")
    parser.add_argument("--out", type=Path, default=ROOT / "_build" / "exam", help="folder")
    options = parser.parse_args(arguments)
    if options.seed < 0 or options.minutes < 1:
        parser.error("expected a seed of 0 or more and a minute or more")
    options.out.mkdir(parents=True, exist_ok=True)
    shutil.copytree(MATHJAX, options.out / "mathjax", dirs_exist_ok=True)
    for key in (False, True):
        target = options.out / f"exam-{options.seed}{'-key' if key else ''}.html"
        text = page(options.seed, options.minutes, key)
        target.write_text(text, encoding="utf-8")
        print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
