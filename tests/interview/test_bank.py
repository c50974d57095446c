"""The bank: every file against the schema, ids, filters, errors; and that the tests of it bite."""

import copy
import re
import subprocess
import sys

import pytest
import yaml

from prodimg_lib.errors import InputError
from prodimg_lib.interview import Question, bank, validate
from prodimg_lib.interview.bank import FOLDER, Bank
from prodimg_lib.interview.language import LANGUAGES, read_yaml, say
from prodimg_lib.interview.terms import BANDS, KINDS, LEVELS, MORE_TOPICS, SENIORITIES, TOPICS, band
from prodimg_lib.interview.words import words

WORDS = FOLDER.parent / "words"
COUNTS = {"D": 8, "E": 16, "G": 20, "P": 6, "S": 11, "V": 15}  # numbered from 1
FIRST = {f"{letter}{i:02}" for letter, n in COUNTS.items() for i in range(1, n + 1)}


def changed(id_="E05", **changes):
    """A question with other values at places such as ``answer__short``."""
    data = copy.deepcopy(bank[id_].data)
    for keys, value in changes.items():
        *path, last = keys.split("__")
        place = data
        for key in path:
            place = place[int(key) if key.isdigit() else key]
        place[last] = value
    return Question(data)


class _OneOfEach(yaml.SafeLoader):
    """YAML itself takes the last of two equal keys and loses the other without a word."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key) for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"{node.start_mark}: a key stands there twice"
        return super().construct_mapping(node, deep)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*/*.yaml")), ids=lambda path: path.stem)
def test_no_key_stands_twice(path):
    yaml.load(path.read_text(encoding="utf-8"), Loader=_OneOfEach)


def test_each_id_stands_in_one_file_only_which_is_named_after_it():
    found = [(path, read_yaml(path)) for path in FOLDER.glob("*/*.yaml")]
    ids = [data["id"] for _, data in found]
    assert len(ids) == len(set(ids)) == len(bank)
    for path, data in found:
        assert re.fullmatch(rf"{data['id']}_[a-z0-9-]+\.yaml", path.name)
        assert path.parent.name == data["kind"]


def test_the_bank_is_a_mapping_in_order_of_ids():
    assert list(bank) == sorted(bank)
    assert bank["c08"] is bank["C08"] is bank[" C08 "]
    assert "C08" in bank
    assert bank["C08"].entry() == "reparameterize"
    assert repr(bank["C08"]) == "<C08 coding easy: The reparametrised draw>"


def test_unknown_ids_are_key_errors_that_people_can_read():
    with pytest.raises(KeyError, match="no question 'C999'"):
        bank["C999"]
    with pytest.raises(InputError, match=f"all {len(bank)}"):
        bank["C999"]


def test_filters_partition_the_bank():
    for name, values in (("kind", KINDS), ("level", LEVELS)):
        parts = [bank.filter(**{name: value}) for value in values]
        assert sum(map(len, parts)) == len(bank)
    everything = {q.id for topic in TOPICS for q in bank.filter(topic=topic)}
    assert everything == set(bank)
    both = bank.filter(topic="vae", kind="coding")
    assert bank["C08"] in both
    assert all("vae" in q.topics and q.kind == "coding" for q in both)
    medium = bank.filter(level="M")
    parts = [bank.filter(seniority=who) for who in SENIORITIES]
    assert all(parts)
    assert sorted(q.id for part in parts for q in part) == [q.id for q in medium]
    with pytest.raises(InputError, match="seniority 'junior': it divides the medium questions"):
        bank.filter(level="E", seniority="junior")
    assert bank.filter(level="medium") == bank.filter(level="m") == bank.filter(level="M")


@pytest.mark.parametrize(
    "wrong",
    [{"topic": "cats"}, {"level": "X"}, {"kind": "essay"}, {"seniority": "chief"}],
    ids=lambda w: next(iter(w)),
)
def test_a_filter_that_can_match_nothing_is_an_error(wrong):
    name, value = next(iter(wrong.items()))
    with pytest.raises(InputError, match=f"{name} '{value}': expected one of"):
        bank.filter(**wrong)


def test_every_kind_level_and_topic_has_words_and_questions():
    for lang in LANGUAGES:
        said = words(lang)
        assert set(said["kinds"]) == {q.kind for q in bank.values()} == set(KINDS)
        assert set(said["levels"]) == {q.level for q in bank.values()} == set(LEVELS)
        assert set(said["seniorities"]) == set(SENIORITIES)
        assert set(said["verdicts"]) == set(BANDS)
        topics = {topic for q in bank.values() for topic in q.topics}
        assert set(said["topics"]) == topics == {*TOPICS, *MORE_TOPICS}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"surprise": 1}, "surprise = 1: no such key"),
        ({"level": "X"}, "level = 'X': expected 'E', 'M' or 'H'"),
        ({"minutes": "5"}, "minutes = '5': expected a valid integer"),
        ({"minutes": 61}, "minutes = 61: expected less than or equal to 60"),
        ({"topics": ["gan", "cats"]}, "topics/1 = 'cats': expected 'gan', 'vae',"),
        ({"topics": ["loss"]}, "topics/0 = 'loss': expected a page of the book, gan, vae"),
        ({"topics": ["gan", "gan"]}, "topics = ['gan', 'gan']: expected each only once"),
        ({"title": {"en": "FID"}}, "title/zh: missing"),
        ({"rubric__0__weight": True}, "rubric/0/weight = True: expected a valid integer"),
        ({"rubric__0__weight": 6}, "weights add to"),
        ({"cite": [{"key": "nobody1999"}]}, "nobody1999"),
        ({"answer__short__en": "word " * 71}, "71 words"),
        ({"numbers": [{"quoted": "3.742", "compute": "math.sqrt(15)"}]}, "3.742 is quoted"),
        ({"numbers": [{"quoted": "98.76", "compute": "98.76"}]}, "does not stand in the text"),
        ({"numbers": [{"quoted": "3.742", "compute": "1/0"}]}, "ZeroDivisionError"),
        ({"kind": "coding"}, "id = 'E05': a coding question's begins with C"),
        (
            {"kind": "coding", "id": "C99"},
            "such a question needs the part 'exercise'",
        ),
        ({"id": "P99"}, "id = 'P99': a concept question's begins with none of C, B, P"),
        ({"design": bank["P02"].data["design"]}, "such a question has no part 'design'"),
        ({"hints": []}, "hints = []: list should have at least 1 item"),
        ({"level": "E", "seniority": "junior"}, "only a question of level M has one"),
        ({"seniority": None}, "needs seniority, 'junior' (expected of all) or 'senior'"),
        ({"seniority": "chief"}, "seniority = 'chief': expected 'junior' or 'senior'"),
        ({"answer__spoken": {"en": "Take μ and go."}}, "μ cannot be said"),
        ({"answer__spoken": {"en": "word " * 86}}, "86 words, at most 85"),
        ({"answer__full": {"en": "It gains 37.2 points."}}, "nothing stands for “It gains 37.2"),
        ({"chosen": ["37.2 points"]}, "37.2 points stands in no answer"),
        ({"numbers": [{"quoted": "3.742", "compute": "3.742"}]}, "a bare number proves nothing"),
    ],
)
def test_what_is_wrong_with_a_question_is_found(changes, problem):
    assert not validate.words_and_numbers(bank["E05"])
    assert problem in "\n".join(validate.words_and_numbers(changed(**changes)))


def test_large_points_say_what_earns_half():
    question = changed()
    large = next(i for i, p in enumerate(question.data["rubric"]) if p["weight"] >= 30)
    del question.data["rubric"][large]["half"]
    assert any("needs `half`" in problem for problem in validate.words_and_numbers(question))


def test_no_question_of_the_first_release_is_gone():
    assert set(bank) >= FIRST


def test_every_concept_and_design_question_is_also_answered_aloud():
    asked = [q for q in bank.values() if q.kind in ("concept", "design")]
    assert not [q.id for q in asked if "spoken" not in q.data["answer"]]
    for id_ in ("E05", "P02"):
        question = changed(id_)
        del question.data["answer"]["spoken"]
        assert validate.words_and_numbers(question) == ["answer/spoken: missing"]


def test_each_design_case_has_a_strong_a_middling_and_a_weak_answer():
    cases = [q for q in bank.values() if q.kind == "design"]
    assert cases
    for q in cases:
        verdicts = [band(sample["total"]) for sample in q.data["design"]["samples"]]
        assert verdicts[0] == "strong"
        assert verdicts[1] in ("borderline", "hire")
        assert 60 <= q.data["design"]["samples"][1]["total"] <= 70
        assert verdicts[2] == "weak"


def test_wrong_scores_of_sample_answers_are_found():
    found = validate.words_and_numbers(changed("P02", design__samples__0__total=1))
    assert any("the scores add to" in problem for problem in found)


def test_references_to_questions_that_are_not_there_are_found():
    assert validate.related(changed(related=["Q99"]), bank) == ["related: there is no Q99"]
    mistakes = {"variance-as-std": {"says": {"en": "x y"}, "bug": "B98"}}
    assert validate.related(changed("C08", related=[], exercise__mistakes=mistakes), bank) == [
        "related: there is no B98"
    ]


def test_a_bank_of_another_folder(tmp_path):
    (tmp_path / "concept").mkdir()
    text = yaml.safe_dump(bank["E05"].data, allow_unicode=True)
    (tmp_path / "concept" / "E05_fid.yaml").write_text(text, encoding="utf-8")
    other = Bank(tmp_path)
    assert list(other) == ["E05"]
    assert other["E05"].data == bank["E05"].data


def test_what_is_not_translated_is_english_and_chinese_lines_join_without_spaces():
    assert say({"en": "yes"}, "zh") == "yes"
    assert say({"en": "one\ntwo"}) == "one\ntwo"
    text = "生成\n对抗，\n  AC-GAN 网络。\n\n1. 一：\n2. 二，\n- 三"
    assert say({"en": "", "zh": text}, "zh") == (
        "生成对抗，AC-GAN 网络。\n\n1. 一：\n2. 二，\n- 三"
    )


def placeholders(text):
    return set(re.findall(r"\{(\w+)[^}]*\}", text))


def leaves(tree, path=()):
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in items:
        if isinstance(value, dict | list):
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key), value


def test_chinese_words_fill_the_same_gaps_as_english_ones():
    english = dict(leaves(yaml.safe_load((WORDS / "en.yaml").read_text("utf-8"))))
    chinese = dict(leaves(yaml.safe_load((WORDS / "zh.yaml").read_text("utf-8"))))
    assert set(chinese) <= set(english)
    for key, text in chinese.items():
        assert placeholders(text) == placeholders(english[key]), key
    untranslated = {key[0] for key in set(english) - set(chinese)}
    assert untranslated <= {"selftest"}


def test_the_bank_is_read_without_tensorflow():
    code = (
        "import sys; from prodimg_lib.interview import bank; "
        "assert 'yaml' not in sys.modules; list(bank.values()); bank['C08'].code(); "
        "print('tensorflow' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_what_a_learner_is_shown_has_no_marks_for_our_tools():
    for q in bank.values():
        assert not re.search(r"noqa|fmt: |type: |mypy", "\n".join(q.code().values())), q.id
