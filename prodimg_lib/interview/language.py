"""Languages of the practice, and reading the YAML files its words stand in."""

import re

from prodimg_lib.errors import InputError

LANGUAGES = ("en", "zh")

# A line break of the file between Chinese characters, or after Chinese punctuation, is no space;
# one before a list or a table stays.
_CHINESE_LINE_END = re.compile(
    r"(?<=[\u3400-\u9fff])\n *(?=[\u3000-\u9fff\uff00-\uffef])"
    r"|(?<=[\u3001-\u301f\uff01-\uff5e])\n *(?!\d+\. |[|>#*$-]|\s)"
)


def say(words, lang="en"):
    """The text in a language, or in English where it is not translated."""
    text = words.get(lang, words["en"]).strip()
    return text if lang == "en" else _CHINESE_LINE_END.sub("", text)


def one_line(text):
    """With single spaces in place of line breaks."""
    return " ".join(text.split())


def language(lang):
    """The language itself, if there is such a one.

    Raises:
        InputError: there is not.
    """
    return one_of("language", lang, LANGUAGES)


def one_of(name, value, known):
    """The value itself; None stays None.

    Raises:
        InputError: it is none of those known.
    """
    if value is not None and value not in known:
        raise InputError(f"{name} {value!r}: expected one of {', '.join(known)}")
    return value


def read_yaml(path):
    """A YAML file as nested dicts and lists."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # eight times as fast
    return yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
