"""Exports, opened again: the Anki package as its database, CSV as rows, sheets in a browser."""

import csv
import html
import re
import sqlite3
import subprocess
import zipfile
from collections import Counter

import pytest

from prodimg_lib import templates
from prodimg_lib.errors import InputError
from prodimg_lib.interview import bank
from prodimg_lib.interview.language import say
from prodimg_lib.interview.render import cards, exports, markup
from prodimg_lib.interview.terms import TOPICS
from tests.browser import BROWSER

QUESTIONS = [bank[id_] for id_ in ("B06", "C08", "D01", "E05", "G11", "P02")]


def notes(path, folder, note_type=cards._NOTE_TYPE, names=cards._FIELDS):
    """Rows of the notes of one type: guid, fields, tags, type; the numbers of their decks; and
    how many cards each has, by guid."""
    with zipfile.ZipFile(path) as package:
        package.extract("collection.anki2", folder)
    with sqlite3.connect(folder / "collection.anki2") as database:
        query = "select guid, flds, tags, mid, id from notes where mid = ?"
        rows = database.execute(query, (note_type,)).fetchall()
        made = database.execute("select nid, did from cards").fetchall()
    ids = {row[4]: row[0] for row in rows}
    found = [
        (guid, dict(zip(names, fields.split("\x1f"), strict=True)), tags.split(), mid)
        for guid, fields, tags, mid, _ in rows
    ]
    counts = Counter(ids[note] for note, _ in made if note in ids)
    return found, {deck for note, deck in made if note in ids}, counts


@pytest.fixture
def deck(tmp_path):
    exports.anki(QUESTIONS, tmp_path / "deck.apkg")
    return notes(tmp_path / "deck.apkg", tmp_path)


def test_cards_are_recognised_whatever_else_is_in_the_deck(deck, tmp_path):
    first = {fields["Id"]: guid for guid, fields, *_ in deck[0]}
    assert len(set(first.values())) == len(QUESTIONS)
    exports.anki([bank["G20"], *QUESTIONS[::-1]], tmp_path / "again.apkg")
    again, decks, _ = notes(tmp_path / "again.apkg", tmp_path)
    second = {fields["Id"]: guid for guid, fields, *_ in again}
    assert {id_: second[id_] for id_ in first} == first
    assert decks == deck[1]
    assert {mid for *_, mid in again} == {mid for *_, mid in deck[0]}


def test_each_question_is_one_card(deck):
    assert set(deck[2].values()) == {1}
    assert len(deck[2]) == len(QUESTIONS)


def test_ids_are_those_of_the_first_release():
    # These stand in the collections of people who have imported a deck. Never change them.
    assert cards.guid("C08", "en") == "BYc4O#xFQ>"
    assert cards.guid("C08", "zh") == "j3`+rGt_@K"
    assert cards._DECKS == {"en": 1871304201, "zh": 1871304202}
    assert cards._NOTE_TYPE == 1694220517
    assert cards._FIELDS[:4] == ("Id", "Title", "Facts", "Prompt")


def test_languages_have_cards_of_their_own(deck, tmp_path):
    exports.anki(QUESTIONS, tmp_path / "zh.apkg", "zh")
    chinese, decks, _ = notes(tmp_path / "zh.apkg", tmp_path)
    assert not {guid for guid, *_ in chinese} & {guid for guid, *_ in deck[0]}
    assert not decks & deck[1]
    assert any("重参数化采样" in fields["Title"] for _, fields, *_ in chinese)


def test_a_card_has_formulas_for_mathjax_code_and_tags(deck):
    made = {fields["Id"]: (fields, tags) for _, fields, tags, _ in deck[0]}
    fields, tags = made["C08"]
    assert r"\(z = \mu + e^{\frac12\log\sigma^2}\,\epsilon\)" in fields["Short"]
    assert "def reparameterize(mu, logvar, eps):" in fields["Code"]
    assert fields["Code"].startswith("<pre><code>")
    assert "tf.exp" in fields["Solution"]
    assert set(tags) == {"topic::vae", "topic::training", "level::easy", "kind::coding"}
    assert r"\[" in made["E05"][0]["Whiteboard"]
    assert made["E05"][0]["Code"] == made["E05"][0]["Solution"] == ""
    assert bank["E05"].text("answer", "spoken")[:40] in made["E05"][0]["Short"]
    for fields, _ in made.values():
        for name, text in fields.items():
            bare = re.sub(r"<pre>.*?</pre>|<code>.*?</code>", "", text, flags=re.DOTALL)
            assert "$" not in bare, (fields["Id"], name)
            assert "**" not in bare, (fields["Id"], name)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_card_has_the_exercise_and_its_answer_in_pytorch_too(tmp_path, lang):
    exports.anki([bank["C08"], bank["C14"]], tmp_path / "deck.apkg", lang)
    both, keras_only = (fields for _, fields, *_ in notes(tmp_path / "deck.apkg", tmp_path)[0])
    for field, part in (("Code", "starter"), ("Solution", "reference")):
        code = html.escape(bank["C08"].torch_code()[part].rstrip(), quote=False)
        assert f"<pre><code>{code}</code></pre></details>" in both[field]
        assert "torch" not in keras_only[field].lower()
    assert "torch" not in re.sub("<details>.*", "", both["Code"], flags=re.DOTALL)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_each_point_of_a_rubric_is_a_card_with_a_cue(tmp_path, lang):
    exports.anki(list(bank.values()), tmp_path / "deck.apkg", lang)
    names = cards._POINT_FIELDS
    found, decks, counts = notes(tmp_path / "deck.apkg", tmp_path, cards._POINT_TYPE, names)
    assert decks == {cards._POINT_DECKS[lang]}
    assert len(found) == len(bank)
    for guid, fields, *_ in found:
        rubric = bank[fields["Id"]].data["rubric"]
        assert guid == cards.point_guid(fields["Id"], lang)
        assert counts[guid] == len(rubric)
        # As Anki reads it: a gap ends at the first pair of braces, its cue begins at the colons.
        gaps = re.findall(r"\{\{c(\d+)::(.*?)\}\}", fields["Points"], re.DOTALL)
        assert [int(number) for number, _ in gaps] == list(range(1, len(rubric) + 1))
        for (_, inside), point in zip(gaps, rubric, strict=True):
            text, cue = inside.split("::")
            assert str(point["weight"]) in cue
            want = markup.as_html(point["text"].get(lang, point["text"]["en"]), markup.mathjax)
            assert re.sub(r"\s|</?p>", "", text) == re.sub(r"\s|</?p>", "", want)


def test_points_keep_their_numbers():
    # As for whole questions: they stand in the collections of people who have imported a deck.
    assert cards.point_guid("C08", "en") == "O>c$|3QD{s"
    assert cards._POINT_DECKS == {"en": 1871304203, "zh": 1871304204}
    assert cards._POINT_TYPE == 1694220518


def test_templates_use_each_field_and_no_other():
    front, back = (templates.read(f"interview_card_{side}.html") for side in ("front", "back"))
    used = set(re.findall(r"\{\{(\w+)\}\}", front + back)) - {"FrontSide"}
    assert used == set(cards._FIELDS)
    assert "{{Short}}" not in front
    for side in ("front", "back"):
        point = templates.read(f"interview_point_{side}.html")
        assert "{{cloze:Points}}" in point  # else Anki makes no card
        assert set(re.findall(r"\{\{(?:cloze:)?(\w+)\}\}", point)) <= set(cards._POINT_FIELDS)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_csv_gives_back_what_was_written(tmp_path, lang):
    path = tmp_path / "all.csv"
    exports.table(list(bank.values()), path, lang)
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == exports.COLUMNS
    assert [row["id"] for row in rows] == list(bank)
    for row in rows:
        q = bank[row["id"]]
        assert row["short"] == q.text("answer", "short", lang=lang)
        assert row["whiteboard"] == q.text("answer", "whiteboard", lang=lang)
        assert row["topics"].split() == list(q.topics)
        assert int(row["minutes"]) == q.minutes
        assert row["spoken"] == say(q.data["answer"].get("spoken", {"en": ""}), lang)
        assert row["seniority"] == (q.seniority or "")
        assert len(row["rubric"].split("\n")) >= len(q.data["rubric"])
        code = list(q.code().values()) or ["", ""]
        assert [row["code"], row["solution"]] == code
        torch = list(q.torch_code().values()) or ["", ""]
        assert [row["torch_code"], row["torch_solution"]] == torch


@pytest.fixture(scope="module")
def sheets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sheets")
    for lang in ("en", "zh"):
        exports.cheatsheet(list(bank.values()), folder / f"{lang}.html", lang)
    return folder


def test_a_cheat_sheet_has_one_section_a_topic_and_every_question_once(sheets):
    page = (sheets / "en.html").read_text("utf-8")
    topics = [topic for topic in TOPICS if any(q.topics[0] == topic for q in bank.values())]
    assert re.findall(r'<section id="(\w+)"', page) == topics
    for section in re.findall(r"<section.*?</section>", page, re.DOTALL):
        topic = re.match(r'<section id="(\w+)"', section)[1]
        ids = re.findall(r"<b>([A-Z]\d\d) [EMH]</b>", section)
        assert sorted(ids) == [q.id for q in bank.values() if q.topics[0] == topic]


def test_a_cheat_sheet_needs_nothing_from_elsewhere(sheets):
    for path in sheets.glob("*.html"):
        page = path.read_text("utf-8")
        assert not re.search(r"\b(src|href)\s*=|url\(|@import", page)
        assert "<math" in page
        visible = re.sub(r"<(style|script).*?</\1>|<code>.*?</code>|<[^>]+>", "", page, flags=re.S)
        assert "$" not in visible
        assert "\\" not in html.unescape(visible)
    assert "速查表" in (sheets / "zh.html").read_text("utf-8")


@pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome")
def test_printed_each_topic_fits_its_page(sheets, tmp_path):
    page, printed = sheets / "en.html", tmp_path / "sheet.pdf"
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")
    options += ("--disable-background-networking", "--disable-component-update", "--disable-sync")
    subprocess.run(
        [
            *(BROWSER, *options, f"--user-data-dir={tmp_path / 'profile'}"),
            *("--no-pdf-header-footer", f"--print-to-pdf={printed}", page.as_uri()),
        ],
        check=True,
        capture_output=True,
        timeout=600,
    )
    pages = len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes()))
    assert pages == page.read_text("utf-8").count("<section")


def test_the_letters_shrink_with_the_text():
    def size(n):
        return exports._letter_size([{"title": "t", "html": "a" * n}])

    assert size(100) == exports._LARGEST
    assert size(100_000) == exports._SMALLEST
    assert exports._SMALLEST < size(9000) < exports._LARGEST
    wide = exports._letter_size([{"title": "t", "html": "中" * 4500}])
    assert wide == pytest.approx(size(9000), abs=0.1)


@pytest.mark.parametrize("name", exports.FORMATS)
def test_a_failed_export_names_the_file_and_leaves_the_old_one(name, tmp_path):
    write, ending = exports.FORMATS[name]
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        write(QUESTIONS, tmp_path / "file" / f"x.{ending}")
    with pytest.raises(InputError, match="language 'fr'"):
        write(QUESTIONS, tmp_path / "x", "fr")
    write(QUESTIONS, tmp_path / f"x.{ending}")
    before = (tmp_path / f"x.{ending}").read_bytes()
    broken = bank["E05"].__class__({**bank["E05"].data, "rubric": [{}]})
    broken_prompt = bank["E05"].__class__({**bank["E05"].data, "answer": {}})
    for question in (broken, broken_prompt):
        if name == "cheatsheet" and question is broken:
            continue  # a cheat sheet shows no rubric
        with pytest.raises(KeyError):
            write([question], tmp_path / f"x.{ending}")
    assert (tmp_path / f"x.{ending}").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", f"x.{ending}"]
