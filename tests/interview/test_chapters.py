"""Chapters and questions: what is practised where, and what to read next; in both directions."""

import json
import re
from pathlib import Path

import yaml

from prodimg_lib.interview import bank
from prodimg_lib.interview.chapters import CHAPTERS, chapters_of
from prodimg_lib.interview.terms import TOPICS

ROOT = Path(__file__).parents[2]
TITLES = {title: name for name, (title, _) in CHAPTERS.items()}


def of_the_book():
    """Names of the notebooks in the order of the book."""
    text = (ROOT / "_toc.yml").read_text("utf-8")
    parts = yaml.safe_load(text)["parts"]
    files = [chapter["file"] for part in parts for chapter in part["chapters"]]
    return [name.removeprefix("notebooks/") for name in files if name.startswith("notebooks/")]


def test_every_chapter_of_the_book_practises_questions_and_there_is_no_other():
    assert list(CHAPTERS) == of_the_book()
    for name, (title, ids) in CHAPTERS.items():
        cells = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text("utf-8"))["cells"]
        heading = "".join(cells[0]["source"]).splitlines()[0]
        assert re.match(rf"# {re.escape(title)}(:|$)", heading), name
        assert ids.split() == list(dict.fromkeys(ids.split())), name
        assert set(ids.split()) <= set(bank), name


def test_every_question_leads_to_a_chapter_and_every_chapter_is_led_to():
    found = {id_: chapters_of([q], bank) for id_, q in bank.items()}
    assert [id_ for id_, titles in found.items() if not titles] == []
    assert {title for titles in found.values() for title in titles} == set(TITLES)


def test_a_question_leads_to_the_chapters_that_practise_it():
    for id_, q in bank.items():
        practised = [title for title, ids in CHAPTERS.values() if id_ in ids.split()]
        assert chapters_of([q], bank) == practised or not practised


def test_each_topic_leads_to_the_chapters_on_it():
    read = {
        topic: {TITLES[t][:2] for t in chapters_of(bank.filter(topic), bank)} for topic in TOPICS
    }
    assert read["vae"] >= {"02", "10", "11", "12"}
    assert read["gan"] >= {"03", "06", "07", "08", "09", "14"}
    assert read["evaluation"] >= {"04", "05"}
    assert read["diffusion"] >= {"13"}
    assert read["data"] >= {"01"}
    assert read["design"] >= {"15"}


def test_several_questions_are_read_in_the_order_of_the_course():
    both = chapters_of([bank["V06"], bank["V01"]], bank)
    assert both == ["The variational autoencoder", "Training a VAE"]


def test_where_no_chapter_practises_a_question_those_of_the_nearest_related_ones_do():
    practised = set(" ".join(ids for _, ids in CHAPTERS.values()).split())
    related = bank["C25"].data["related"]
    assert "C25" not in practised
    near = [id_ for id_ in related if id_ in practised]
    assert near
    assert chapters_of([bank["C25"]], bank) == chapters_of(near, bank)
