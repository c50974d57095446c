"""Words of the interview practice that belong to no single question, one YAML file a language."""

from functools import cache
from pathlib import Path

from prodimg_lib.interview.language import language, read_yaml


@cache
def words(lang="en"):
    """All of them as nested dicts; what a language lacks is English."""
    here = Path(__file__).parent
    english = read_yaml(here / "en.yaml")
    return english if lang == "en" else _merge(english, read_yaml(here / f"{language(lang)}.yaml"))


def _merge(base, over):
    """``over`` on top of ``base``, key by key."""
    if not isinstance(base, dict):
        return over
    return {key: _merge(base[key], over[key]) if key in over else base[key] for key in base}
