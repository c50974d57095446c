"""Words that people read in reports, keyed by language: one YAML file a language."""

from functools import cache
from importlib import resources

import yaml


@cache
def text(language="en"):
    """All texts of one language as nested dicts. English is complete; others follow its keys."""
    path = resources.files(__name__) / f"{language}.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))
