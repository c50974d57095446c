"""What is Chinese in the bank, held by rule: whole files, no English left, marks and terms."""

import re

import pytest

from prodimg_lib.interview.bank import FOLDER
from prodimg_lib.interview.language import read_yaml
from prodimg_lib.interview.words import words

# The one Chinese term for a concept, and what else people write for it.
GLOSSARY = {
    "隐变量": ["潜变量", "潜在变量", "隐含变量"],
    "潜空间": ["隐空间", "潜在空间", "隐含空间"],
    "重构": ["重建"],
    "开源模型": ["开放模型"],
    "美学评分": ["美学分数", "审美评分", "审美分"],
    "被否决": ["被否定"],
    "模式坍塌": ["模式崩溃", "模式坍缩", "模式塌陷", "模式崩塌"],
    "后验坍塌": ["后验崩溃", "后验坍缩", "后验塌陷"],
    "发布门禁": ["闸门", "关口"],
    "判别器": ["鉴别器", "辨别器"],
    "重参数化": ["再参数化", "重新参数化", "重参化"],
    "证据下界": ["变分下界", "变分下限"],
    "无分类器引导": ["无分类器指导", "无分类器制导"],
    "噪声": ["噪音", "杂讯"],
    "去噪": ["降噪"],
    "采样": ["取样", "抽样器"],
    "批归一化": ["批量归一化", "批标准化", "批规范化"],
    "谱归一化": ["频谱归一化", "谱标准化", "谱规范化"],
    "非饱和": ["不饱和损失"],
    "商品图": ["产品图片"],
    "图像块": ["图块", "补丁判别器"],
    "近重复": ["近似重复", "准重复"],
    "留出集": ["保留集", "预留集"],
}

# Code, formulas, links and quoted messages are no sentences.
_NO_WORDS = re.compile(
    r"```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|\[[^\]]*\]\([^)]*\)|“[!-~\s]*”", re.DOTALL
)
_ENGLISH = re.compile(r"(?:\b[A-Za-z][A-Za-z'’-]*[ ,;:]+){6,}[A-Za-z]+")
_HALF_WIDTH = re.compile(r"[\u3400-\u9fff][,;:?!][\u3400-\u9fff]")
PATHS = sorted(FOLDER.glob("*/*.yaml"))


def mappings(node, place=""):
    """All mappings with words, with the place they stand at."""
    if isinstance(node, dict):
        if "en" in node:
            yield place, node
        for key, value in node.items():
            yield from mappings(value, f"{place}/{key}")
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from mappings(value, f"{place}/{i}")


def strings(node, place=""):
    if isinstance(node, str):
        yield place, node
    for key, value in node.items() if isinstance(node, dict) else ():
        yield from strings(value, f"{place}/{key}")


def problems(text):
    """What is wrong with one Chinese text, in words."""
    plain = _NO_WORDS.sub("式", text)
    found = [f"English left: {m.group()!r}" for m in _ENGLISH.finditer(plain)]
    found += [f"half-width mark: {m.group()!r}" for m in _HALF_WIDTH.finditer(plain)]
    for term, variants in GLOSSARY.items():
        found += [f"{variant}: write {term}" for variant in variants if variant in plain]
    return found


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_question_is_whole_in_chinese(path):
    assert not [place for place, said in mappings(read_yaml(path)) if not said.get("zh")]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_chinese_has_no_english_no_half_width_marks_and_one_term_a_concept(path):
    said = [(place, w["zh"]) for place, w in mappings(read_yaml(path)) if w.get("zh")]
    assert not {place: problems(text) for place, text in said if problems(text)}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_question_counts_in_one_currency(path):
    """Cents of dollars do not stand beside yuan, nor beside cents of yuan."""
    said = "\n".join(w["zh"] for _, w in mappings(read_yaml(path)) if w.get("zh"))
    if "美分" in said:
        assert not re.findall(r"每张 ?[\d.]+ ?分|\d ?元", said)


def test_the_words_of_pages_and_terminal_are_whole_and_chinese():
    english, chinese = dict(strings(words("en"))), dict(strings(words("zh")))
    assert {p for p in english if not p.startswith("/selftest/")} <= set(chinese)  # for authors
    assert not {place: problems(text) for place, text in chinese.items() if problems(text)}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("先看 the loss goes down and then up again，再说。", "English left"),
        ("先看损失,再看图像。", "half-width mark"),
        ("生成器出现模式崩溃。", "write 模式坍塌"),
    ],
)
def test_what_is_not_chinese_is_found(text, problem):
    assert problem in "\n".join(problems(text))


@pytest.mark.parametrize(
    "text",
    [
        "DDPM（Denoising Diffusion Probabilistic Model）的 `a, b = f(x) if x else y or z in w`。",
        "比例是 1:2；$p(x\\mid c), q(x)$ 不变，见 Ho, Jain and Abbeel。",
    ],
)
def test_names_code_and_formulas_may_stay(text):
    assert not problems(text)


def test_no_variant_is_part_of_its_own_term():
    for term, variants in GLOSSARY.items():
        assert not [variant for variant in variants if variant in term]
