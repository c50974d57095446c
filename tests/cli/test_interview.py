"""``prodimg interview``: commands and their exit codes, and mock interviews by script and clock."""

import csv
import io
import re
import subprocess
import sys
from datetime import date, datetime

import pytest
from rich.console import Console
from typer.testing import CliRunner

from prodimg_lib import cli
from prodimg_lib.errors import InputError
from prodimg_lib.interview import bank
from prodimg_lib.interview.check import runner
from prodimg_lib.interview.check.result import Result
from prodimg_lib.interview.practice import mock, progress, session, sheet
from prodimg_lib.interview.practice.session import Session


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PRODIMG_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PRODIMG_LANG", raising=False)
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def run(*arguments, code=0, typed=""):
    """Output of a command, through the same ``main`` as the installed one where it may fail."""
    result = CliRunner().invoke(cli.app, ["interview", *map(str, arguments)], input=typed)
    if isinstance(result.exception, InputError):
        assert code == 2, result.exception
        return str(result.exception)
    assert result.exit_code == code, result.output
    return result.output


def test_help_is_instant_and_names_all_commands():
    assert set(re.findall(r"^  ([a-z]+)  ", run("--help"), re.MULTILINE)) == {
        *("list", "show", "check", "hint", "solution", "due", "mock", "export", "selftest"),
        *("watch", "practice"),
    }
    heavy = "{'tensorflow', 'keras', 'numpy', 'rich.markdown', 'yaml', 'jinja2', 'genanki'}"
    code = f"import prodimg_lib.cli, sys; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_list_filters_and_keeps_one_line_a_question():
    lines = run("list", "--topic", "vae", "--kind", "coding", "--level", "easy").splitlines()
    wanted = bank.filter("vae", "E", "coding")
    assert [line.split()[0] for line in lines[1:-1]] == [q.id for q in wanted]
    assert f"{len(wanted)} questions" in lines[-1]
    assert "重参数化采样" in run("list", "--kind", "coding", "--lang", "zh")
    assert "Nothing of that is due today" in run("list", "--due")
    one = run("list", "--kind", "coding", "--topic", "diffusion")
    assert ("1 question," in one) == (len(bank.filter("diffusion", None, "coding")) == 1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["list", "--topic", "cats"], "topic 'cats': expected one of"),
        (["show", "C999"], "no question 'C999'"),
        (["show", "E05", "--starter", "x.py"], "no code to check"),
        (["hint", "C08", "9"], "there is no hint 9"),
        (["check", "C08", "missing.py"], "missing.py: no such file"),
        (["check", "E05", "x.py"], "concept question"),
        (["check", "C08", "x.py", "--seconds", "0"], "--seconds 0: expected a number above 0"),
        (["check", "C08", "x.py", "--seconds", "inf"], "--seconds inf: expected a number above 0"),
        (["mock", "--minutes", "0"], "minutes 0: expected"),
        (["mock", "--minutes", "1"], "no question fits into these minutes"),
        (["list", "--lang", "fr"], "fr"),
        (["export", "docx"], "docx"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_says_why(arguments, words):
    assert words in run(*arguments, code=2)


def test_the_installed_command_prints_one_line_and_exits_with_2(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["interview", "show", "C999"])
    assert stopped.value.code == 2
    assert capsys.readouterr().err.startswith("prodimg: no question 'C999'")


def test_show_writes_a_starter_file_and_never_over_another(home):
    out = run("show", "C08", "--starter", "mine.py")
    assert "prodimg interview check C08 mine.py" in out
    text = (home / "mine.py").read_text("utf-8")
    assert text.endswith(bank["C08"].code()["starter"])
    (home / "mine.py").write_text("precious")
    assert "exists and is left as it is" in run("show", "C08", "--starter", "mine.py", code=2)
    assert (home / "mine.py").read_text() == "precious"
    run("show", "B23", "--starter", ".")
    written = next(home.glob("B23_*.py")).read_text("utf-8")
    assert written.endswith(bank["B23"].code()["buggy"])


def test_hints_lead_on():
    assert "prodimg interview hint C08 2" in run("hint", "C08")
    last = run("hint", "C08", "2")
    assert "Hint 2 of 2" in last
    assert "hint C08 3" not in last


def test_solution_shows_every_part():
    out = run("solution", "C08")
    for part in ("In 30 seconds", "In two minutes", "On the whiteboard", "Red flags", "Code"):
        assert part in out
    assert "z = μ + e^(½ log σ²) ϵ" in out
    assert "Rezende 2014" in out
    assert "$" not in out
    assert "def reparameterize" in out


def outcome(status, **more):
    return Result("C08", "reparameterize", status, **more)


@pytest.mark.parametrize(
    ("result", "code", "box"),
    [
        (outcome("pass", layers=["value"], seeds=3), 0, 2),
        (outcome("not_attempted"), 1, None),
        (outcome("timeout", detail={"seconds": 10}), 3, None),
        (outcome("crash", detail={"reason": "SIGKILL"}), 1, None),
        (
            outcome(
                "fail", layer="value", expect={"en": "it"}, next={"en": "look"}, layers=["shape"]
            ),
            1,
            1,
        ),
    ],
    ids=lambda value: value.status if isinstance(value, Result) else "",
)
def test_exit_codes_and_boxes_of_check(result, code, box, home, monkeypatch):
    (home / "a.py").write_text("")
    monkeypatch.setattr(runner, "check_file", lambda *arguments: result)
    out = run("check", "C08", "a.py", code=code)
    assert result.text() in out
    assert progress.load().box("C08") == box
    assert Result.from_json(run("check", "C08", "a.py", "--json", code=code)) == result


def test_a_result_that_cannot_be_kept_is_still_a_result(home, monkeypatch):
    (home / "a.py").write_text("")
    (home.parent / "home").write_text("a file where the folder should be")
    monkeypatch.setattr(runner, "check_file", lambda *a: outcome("pass", seeds=3))
    assert "The result is not kept" in run("check", "C08", "a.py")


def test_check_runs_a_real_file(home):
    (home / "a.py").write_text(bank["C17"].code()["reference"])
    assert "C17: passed." in run("check", "C17", "a.py")


def test_due_and_list_show_the_boxes():
    assert "Nothing is due today. Tried so far: 0" in run("due")
    kept = progress.load()
    kept.record("C08", False, today=date(2026, 1, 1))
    kept.record("E05", True)
    kept.record("Z99", False, today=date(2026, 1, 1))  # of a bank that had more questions
    kept.save()
    out = run("due")
    assert "C08" in out
    assert "1 due today. Tried so far: 2" in out
    assert [line.split()[0] for line in run("list", "--due").splitlines()[1:-1]] == ["C08"]
    assert re.search(r"E05 .* 2 +\d{4}-\d\d-\d\d", run("list"))


def test_a_damaged_progress_file_is_named(home):
    (home.parent / "home").mkdir()
    (home.parent / "home" / "interview.json").write_text("{")
    assert re.search(r"interview\.json was damaged; it is kept as .*damaged-", run("due"))


def test_selftest_says_what_is_wrong_and_fails(monkeypatch):
    assert "1 questions in order" in run("selftest", "E05", "--no-code")
    monkeypatch.setitem(bank["E05"].data, "level", "X")
    out = run("selftest", "E05", "--no-code", code=1)
    assert "E05: level = 'X': expected 'E', 'M' or 'H'" in out
    assert "1 of 1 questions have problems" in out


# --- the mock interview -------------------------------------------------------------------------


class Script:
    """What is typed, line by line, and a clock that moves by ``seconds`` at each line."""

    def __init__(self, lines, seconds=60):
        self.lines, self.seconds, self.now = list(lines), seconds, 0.0

    def ask(self, prompt):
        self.now += self.seconds
        if not self.lines:
            raise EOFError
        line = self.lines.pop(0)
        if isinstance(line, BaseException):
            raise line
        return line

    def clock(self):
        return self.now


def interview(plan, lines, folder, seconds=60, **more):
    script = Script(lines, seconds)
    console = Console(file=io.StringIO(), width=200)
    one = Session(plan, console, folder, ask=script.ask, clock=script.clock, **more)
    one.run()
    return one, console.file.getvalue()


def plan_of(*ids, minutes=45):
    return mock.Plan([bank[id_] for id_ in ids], minutes, 7, "M")


def test_the_same_seed_asks_the_same_questions_and_another_others():
    plans = [mock.choose(bank, 45, "M", seed=seed) for seed in (7, 7, 8, 9, 10)]
    ids = [[q.id for q in plan.questions] for plan in plans]
    assert ids[0] == ids[1]
    assert len({tuple(one) for one in ids}) > 2


@pytest.mark.parametrize("minutes", [20, 45, 60, 90])
@pytest.mark.parametrize("seed", range(5))
def test_questions_fill_the_minutes_with_mixed_kinds(minutes, seed):
    plan = mock.choose(bank, minutes, seed=seed)
    total = sum(q.minutes for q in plan.questions)
    assert minutes - 8 <= total <= minutes
    assert len({q.id for q in plan.questions}) == len(plan.questions)
    kinds = [q.kind for q in plan.questions]
    assert {"concept", "coding"} <= set(kinds)
    if minutes >= 60:
        assert kinds[-1] == "design"
        assert kinds.count("design") == 1


def test_level_topic_and_kind_are_kept_but_for_the_warm_up():
    plan = mock.choose(bank, 45, "medium", seed=3)
    assert plan.questions[0].level == "E"
    assert {q.level for q in plan.questions[1:]} == {"M"}
    assert all("gan" in q.topics for q in mock.choose(bank, 30, topic="gan", seed=1).questions)
    only = mock.choose(bank, 45, kind="design", seed=1)
    assert [q.kind for q in only.questions] == ["design"]
    assert mock.choose(bank, 45, seed=1).command() == (
        "prodimg interview mock --minutes 45 --seed 1"
    )


@pytest.mark.parametrize(("who", "warm_up"), [("junior", ("E", None)), ("senior", ("M", "junior"))])
def test_a_junior_is_asked_other_questions_than_a_senior(who, warm_up, home):
    plan = mock.choose(bank, 45, seed=3, seniority=who)
    first, *others = plan.questions
    assert (first.level, first.seniority) == warm_up
    assert {q.seniority for q in others} == {who}
    assert len({q.kind for q in others}) > 1
    assert (
        plan.command()
        == f"prodimg interview mock --minutes 45 --level M --seniority {who} --seed 3"
    )
    run("mock", "--seniority", who, "--seed", 3, "--out", "m.md", typed="\nq\n")
    assert sheet.read("m.md")[0] == plan
    assert f"medium ({who})" in (home / "m.md").read_text("utf-8")
    assert f"--seniority {who} --seed 3" in (home / "m.md").read_text("utf-8")


def test_lists_cards_and_decks_are_of_one_seniority_too(home):
    listed = run("list", "--seniority", "senior", "--kind", "coding")
    assert "C06" in listed
    assert "C11" not in listed
    cards = run("practice", "--seniority", "junior", "--topic", "gan", typed="q\n")
    assert any(q.title() in cards for q in bank.filter("gan", seniority="junior"))
    run("export", "csv", "--seniority", "senior", "--out", "s.csv")
    rows = list(csv.DictReader((home / "s.csv").read_text("utf-8-sig").splitlines(keepends=True)))
    assert {row["seniority"] for row in rows} == {"senior"}
    for command in ("list", "mock", "practice", "export csv"):
        out = run(*command.split(), "--level", "H", "--seniority", "senior", code=2)
        assert "seniority 'senior': it divides the medium questions" in out
        out = run(*command.split(), "--seniority", "chief", code=2)
        assert "seniority 'chief': expected one of" in out


def test_what_comes_after_an_interview_without_a_gap():
    steps = {(None, None): "--level H", ("E", None): "--level M", ("H", None): "--level H"}
    steps |= {("M", "junior"): "--seniority senior", ("M", "senior"): "--level H"}
    for (level, who), wanted in steps.items():
        assert mock.next_step(mock.Plan([], 45, 0, level, seniority=who)) == wanted


def test_a_whole_interview_by_script_and_clock(tmp_path):
    scored = []
    plan = plan_of("E05", "D01", minutes=45)
    follow_ups = len(bank["E05"].data["follow_ups"][: session.FOLLOW_UPS])
    lines = ["h", "", *[""] * follow_ups, "1 2=10", "1"]  # a hint, an answer, follow-ups, scores
    lines += ["", *[""] * len(bank["D01"].data["follow_ups"][: session.FOLLOW_UPS]), "a", "a"]
    one, out = interview(plan, lines, tmp_path, on_answer=scored.append)
    first, second = one.answered
    rubric = bank["E05"].data["rubric"]
    assert first.points == rubric[0]["weight"] + 10
    assert first.hints == 1
    assert first.follow_ups[0] is True
    assert first.seconds == 60 * (2 + follow_ups)  # comparing answers takes no time
    assert not first.right
    assert second.points == 100
    assert second.right
    assert scored == [first, second]
    assert one.ended == "done"
    assert f"Question 2 of 2 · {45 - 2 - follow_ups} min left" in out
    assert "The clock is stopped" in out
    assert bank["E05"].text("answer", "short").split()[0] in out


def test_hints_run_out_and_unknown_keys_are_told(tmp_path):
    n = len(bank["E05"].data["hints"])
    one, out = interview(plan_of("E05"), ["h"] * (n + 1) + ["c", "z"], tmp_path)
    assert "There are no more hints." in out
    assert "'c' is none of the keys." in out
    assert one.answered[0].hints == n


@pytest.mark.parametrize("end", ["q", "Q ", EOFError(), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("after", range(4))
def test_it_can_be_left_at_any_prompt(end, after, tmp_path):
    lines = ["", "", "", "1"][:after]
    one, out = interview(plan_of("E05", "D01"), [*lines, end], tmp_path)
    assert one.ended == "quit"
    assert "The interview was ended" in out
    assert [a.scores for a in one.answered] == [None]
    text = sheet.markdown(one)
    assert "not scored" in text
    assert "Not reached: D01." in text


def test_when_the_time_is_up_no_further_question_is_asked(tmp_path):
    lines = ["", "", "", "a", "a"]
    one, out = interview(plan_of("E05", "D01", minutes=10), lines, tmp_path, seconds=300)
    assert one.ended == "time"
    assert "Time is up." in out
    assert len(one.answered) == 1


def test_ticks_that_cannot_be_read_are_asked_again(tmp_path):
    lines = ["", "", "", "x", "99", "1=101", "1=", "-1", "1", ""]
    one, out = interview(plan_of("E05"), lines, tmp_path)
    assert one.answered[0].points == bank["E05"].data["rubric"][0]["weight"]
    assert "'x' cannot be read" in out
    assert "There are points 1 to" in out
    assert "is worth" in out


def test_code_is_written_checked_and_scored_by_the_check(tmp_path):
    results = [outcome("not_attempted"), outcome("pass", seeds=3)]
    seen = []

    def check(question, path):
        seen.append(path.read_text("utf-8"))
        return results.pop(0)

    (tmp_path / "C08_reparameterize.py").write_text("precious")
    lines = ["c", "", "", "", "2", ""]
    one, out = interview(plan_of("C08"), lines, tmp_path, check=check)
    answered = one.answered[0]
    assert (tmp_path / "C08_reparameterize.py").read_text() == "precious"
    assert answered.file == tmp_path / "C08_reparameterize-2.py"
    assert bank["C08"].code()["starter"] in seen[0]
    assert answered.checks == ["not_attempted", "pass"]
    assert answered.scores["correct"] == 50
    assert answered.points == 50 + bank["C08"].data["rubric"][1]["weight"]
    assert "Point 1 is scored by the check." in out


def test_a_failed_check_cannot_be_ticked_away(tmp_path):
    one, _ = interview(
        plan_of("C08"), ["", "", "", "a", ""], tmp_path, check=lambda *a: outcome("not_attempted")
    )
    assert one.answered[0].points == 50
    assert [point["id"] for point in one.answered[0].missed] == ["correct"]


def test_the_interviewer_of_a_design_case_answers(tmp_path):
    _, out = interview(plan_of("P02"), ["i"], tmp_path)
    first = bank["P02"].data["design"]["clarify"][0]["answer"]["en"].split(".")[0]
    assert " ".join(first.split()) in " ".join(out.split())


def test_the_sheet_adds_up_and_says_what_to_read(tmp_path):
    lines = ["", "", "", "1", "", "", "", "", "a", "a"]
    one, _ = interview(plan_of("E05", "D01"), lines, tmp_path)
    text = sheet.markdown(one, datetime(2026, 3, 1, 9, 30))
    first = bank["E05"].data["rubric"][0]["weight"]
    assert text.startswith("# Mock interview, 2026-03-01 09:30\n")
    assert f"**{round((first + 100) / 2)} of 100** on average over 2 of 2" in text
    assert f"| E05 FID, term by term | concept | medium (junior) | {first} | " in text
    assert text.index("| evaluation | 1 |") < text.index("| diffusion | 1 | 100 |")
    assert f"- [x] {first}/{first} " in text
    assert text.count("This essential point is missing") == len(one.answered[0].missed) > 0
    assert "`prodimg interview solution E05`" in text
    assert "`prodimg interview solution D01`" not in text
    assert "Metrics of sets" in text
    assert "mock --minutes 45 --level M --seed 7`" in text
    assert not re.search(r"(?<![\\\w^{}])\{[a-z]+\}", text)  # no gap is left unfilled


def test_mock_with_piped_input_writes_sheet_and_boxes(home):
    typed = "\n\n\na\na\nq\n"
    arguments = ["mock", "--minutes", 20, "--level", "M", "--seed", 7, "--topic", "evaluation"]
    out = run(*arguments, "--out", "s.md", typed=typed)
    assert "Score sheet: s.md" in out
    text = (home / "s.md").read_text("utf-8")
    plan = mock.choose(bank, 20, "M", "evaluation", seed=7)
    assert f"**100 of 100** on average over 1 of {len(plan.questions)}" in text
    assert progress.load().box(plan.questions[0].id) == 2
    assert "exists and is left as it is" in run(*arguments, "--out", "s.md", code=2, typed="q\n")
    out = run("mock", "--seed", 7, "--lang", "zh", typed="")  # the end of the input ends it
    assert re.search(r"成绩单：mock-\d{8}-\d{4}-seed7\.md", out)
    assert "没有完成任何题目" in next(home.glob("mock-*")).read_text("utf-8")


def test_trying_is_free_and_a_pass_counts_once_a_day(home, monkeypatch):
    (home / "a.py").write_text("")
    words = {"expect": {"en": "it"}, "next": {"en": "look"}}
    failed = outcome("fail", layer="value", **words)
    for result, box in (
        (failed, 1),
        (outcome("pass", seeds=3), 2),
        (outcome("fail", layer="signature", **words), 2),
        (failed, 2),
        (outcome("pass", seeds=3), 2),
    ):
        monkeypatch.setattr(runner, "check_file", lambda *a, result=result: result)
        run("check", "C08", "a.py", code=0 if result.passed else 1)
        assert progress.load().box("C08") == box


def test_no_export_takes_the_place_of_a_file_unless_asked(home):
    precious = home / "deck.csv"
    precious.write_text("precious")
    assert "--force" in run("export", "csv", "--out", precious, code=2)
    assert precious.read_text() == "precious"
    assert "is a folder" in run("export", "csv", "--out", home, code=2)
    run("export", "csv", "--out", precious, "--force", "--topic", "diffusion")
    assert "precious" not in precious.read_text("utf-8")


def test_a_starter_goes_into_a_folder_that_is_new(home):
    run("show", "C17", "--starter", "new/folder/")
    assert (home / "new" / "folder" / "C17_psnr.py").is_file()


def test_practice_grades_cards_and_due_asks_only_what_is_due(home):
    assert "Nothing of that is due" in run("practice", "--due")
    out = run("practice", "-n", "1", "--topic", "gan", typed="\na\n")
    assert "Card 1 of 1" in out
    (id_,) = progress.load().entries
    assert progress.load().box(id_) == 2
    assert bank[id_].kind == "concept"
    with progress.changing() as kept:
        kept.entries[id_]["due"] = "2020-01-01"
    assert bank[id_].title() in run("practice", "--due", typed="q\n")


def test_a_mock_interview_that_was_ended_goes_on(home):
    run("mock", "--seed", "3", "--kind", "concept", "--out", "m.md", typed="\n\n\na\na\nq\n")
    assert "--resume m.md" in run("mock", "--seed", "3", "--out", "m.md", code=2)
    plan, answered, _ = sheet.read("m.md")
    assert [a.scores is not None for a in answered] == [True, False]
    points = answered[0].points
    out = run("mock", "--resume", "m.md", typed="\n\n\n\n\nq\n")
    assert "Question 2 of" in out
    assert "Question 1 of" not in out
    again, answered, _ = sheet.read("m.md")
    assert [q.id for q in again.questions] == [q.id for q in plan.questions]
    assert [a.points for a in answered[:2]] == [points, 0]
    (home / "other.md").write_text("# Notes")
    assert "no score sheet to go on with" in run("mock", "--resume", "other.md", code=2)
