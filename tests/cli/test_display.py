"""What a command shows while it works."""

import re

from prodimg_lib.cli.display import Display
from prodimg_lib.metrics import Scores


def test_what_a_second_network_says_is_a_table_of_its_own(capsys):
    facts = {"value": 0.5, "floor": 0.25, "n": 9, "d": 8}
    scores = Scores(recall=facts | {"network": "one classifier"})
    scores["recall@another"] = facts | {"value": 0.75, "network": "Another"}
    scores.notes.append("Something was not measured.")
    Display().scores(scores)
    first, second = re.split(r"^Another +$", capsys.readouterr().err, flags=re.MULTILINE)
    assert re.search(r"Recall +│ +0.5 │ 0.25 │ 9 │ 8", first)
    assert re.search(r"Recall +│ +0.75 │ 0.25 │ 9 │ 8", second)
    assert second.endswith("Something was not measured.\n")


def test_nothing_is_redrawn_where_only_colour_is_forced(monkeypatch, capsys):
    # As in a notebook, whose kernel sets it: `!prodimg …` there writes into a page, not a terminal.
    monkeypatch.setenv("FORCE_COLOR", "1")
    with Display() as display:
        display.stage("prepare")
        display.progress(1, 2)
        display.message("done")
    lines = capsys.readouterr().err
    assert [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines.splitlines()] == [
        "prepare …",
        "done",
    ]
