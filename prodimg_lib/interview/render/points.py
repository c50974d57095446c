"""The rubric of a question in words: its points, what earns half of one, what they come to."""

from prodimg_lib.interview.language import language, say
from prodimg_lib.interview.terms import BANDS
from prodimg_lib.interview.words import words


def rubric(q, lang="en"):
    """The part with what an answer is scored by, numbered; large points say what earns half."""
    said = words(language(lang))["show"]
    rows = [
        (str(i), str(point["weight"]), said["must"] * point["must"], point_text(point, lang))
        for i, point in enumerate(q.data["rubric"], 1)
    ]
    return ("rubric", rows)


def point_text(point, lang="en"):
    """What a point of a rubric asks for, in Markdown, and what earns half of it."""
    text = say(point["text"], lang)
    if "half" not in point:
        return text
    said = words(language(lang))["show"]
    return f"{text} *{said['half'].format(points=half(point))}* {say(point['half'], lang)}"


def half(point):
    """The points that half of a point earns, a whole number."""
    return point["weight"] // 2


def bands(lang="en"):
    """Which verdict the points of a rubric come to, in one line."""
    said = words(language(lang))
    least = [(said["verdicts"][name], points) for name, points in BANDS.items()]
    told = [said["show"]["band"].format(verdict=name, points=n) for name, n in least if n]
    told.append(said["show"]["below"].format(verdict=least[-1][0], points=least[-2][1]))
    return said["show"]["bands"].format(bands=", ".join(told))
