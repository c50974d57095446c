"""LaTeX as one line of Unicode text, for terminals: ``\\frac12\\sigma_i^2`` becomes ``½ σᵢ²``.

Typesetting is for the book and the notebooks. Here a formula only has to be readable and
unambiguous: what Unicode cannot raise or lower is written with ``^`` and ``_``.
"""

import re
from functools import cache
from unicodedata import normalize
from xml.etree import ElementTree

from prodimg_lib.interview.language import one_line

_HIGH = dict(
    zip(
        "0123456789+-−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVW′⊤*θ",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂ′ᵀ*ᶿ",
        strict=True,
    )
)
_LOW = dict(
    zip(
        "0123456789+-−=()aehijklmnoprstuvxβγρ",
        "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨ",
        strict=True,
    )
)
_FRACTIONS = {
    ("1", "2"): "½",
    ("1", "3"): "⅓",
    ("2", "3"): "⅔",
    ("1", "4"): "¼",
    ("3", "4"): "¾",
    ("1", "8"): "⅛",
}
_ACCENTS = {"^": "\u0302", "¯": "\u0304", "~": "\u0303", "˜": "\u0303", "˙": "\u0307"}
_ACCENTS |= {"→": "\u20d7", "―": "\u0304", "_": "\u0304", "‾": "\u0304"}
_BINARY = set("=≈≠<>≤≥≪≫∼~≃≡∝∈∉⊂→←↔↦⇒⇔⟺⟹⟵⟶∣+−-\u00b1∓×÷·⋅∘*∧∨∩∪")
_SPACED = _BINARY - set("⋅·∣∘*")  # written with space on both sides between two operands
SIGNS, BEFORE_A_SIGN = set("+−±∓"), ("start", "binary", "open", "comma", "function")
_OPEN, _CLOSE = set("([{⟨⌈⌊"), set(")]}⟩⌉⌋")
_SCRIPT = {"L": "ℒ", "B": "ℬ", "E": "ℰ", "F": "ℱ", "H": "ℋ", "I": "ℐ", "M": "ℳ", "R": "ℛ"}


@cache
def plain(latex):
    """One formula, without its dollars, as text; LaTeX that cannot be read comes back as it is."""
    from latex2mathml.converter import convert

    latex = one_line(latex)
    try:
        root = ElementTree.fromstring(re.sub(r' xmlns="[^"]+"', "", convert(latex), count=1))
        return normalize("NFC", re.sub(r"\s+", " ", _row(list(root))).strip())
    except Exception:  # the package has no exception of its own for what it cannot read
        return latex


def _row(nodes):
    """Nodes side by side, with spaces where a reader needs them."""
    nodes = flat(nodes)
    text, before = "", "start"
    for i, node in enumerate(nodes):
        word, now = _word(node), kind(node)
        after = kind(nodes[i + 1]) if i + 1 < len(nodes) else "end"
        if word in SIGNS and before in BEFORE_A_SIGN:
            now = "sign"
        beside = before in ("operand", "function") or after in ("operand", "open")
        if node.tag == "mfrac" and "/" in word and beside:
            word = f"({word})"
        if now == "binary" and word in _SPACED:
            text += f" {word} "
        elif now == "comma":
            text += f"{word} "
        elif now == "function":
            gap = " " if before in ("operand", "function", "close") or text[-1:] in "∂∇" else ""
            text += gap + word + (" " if after in ("operand", "function", "binary") else "")
        elif before == "operand" and now == "operand" and _needs_gap(nodes[i - 1], node, word):
            text += f" {word}"
        else:
            text += word
        if node.tag != "mspace":
            before = "operand" if now == "close" else now
    return text


def flat(nodes):
    """Without the rows that only group; single letters set upright are joined to a word."""
    found = []
    for node in nodes:
        if node.tag == "mrow" and [child.text for child in node] == [","]:  # {,} groups digits
            found.append(ElementTree.Element("mtext"))
            found[-1].text = ","
        elif node.tag in ("mrow", "mstyle", "mpadded", "math"):
            found += flat(list(node))
        elif (
            found
            and node.tag == found[-1].tag == "mi"
            and node.get("mathvariant") == found[-1].get("mathvariant") == "normal"
        ):
            joined = ElementTree.Element("mi", {"mathvariant": "normal"})
            joined.text = found[-1].text + node.text
            found[-1] = joined
        else:
            found.append(node)
    return found


def kind(node):
    """What a node is to its neighbours, such as "operand" or "open"."""
    text = (node.text or "").strip()
    if text in ("∑", "∏", "∫"):
        return "function"
    if (node.tag == "mo" or text in _BINARY) and len(text) == 1:
        if text in _OPEN:
            return "open"
        if text in _CLOSE:
            return "close"
        if text in ",;":
            return "comma"
        return "binary" if text in _BINARY else "mark"
    if node.tag in ("msub", "msup", "msubsup", "munder", "mover", "munderover"):
        base = flat([node[0]])
        found = kind(base[0]) if len(base) == 1 else "operand"
        return "operand" if found in ("close", "mark") and node.tag != "munder" else found
    if node.tag in ("mi", "mo") and len(text) > 1 and not node.get("mathvariant"):
        return "function"
    if node.tag == "mspace":
        return "space"
    return "operand"


def _needs_gap(left, right, word):
    """Whether two factors would run together: ½ σ, log p, 2 3; but not 2a or xy."""
    left_text, right_text = _word(left), word
    if left.tag == "mtext" or right.tag == "mtext":
        return False
    long = (len(_letters(left_text)) > 1, len(_letters(right_text)) > 1)
    digits = left_text[-1:].isdigit() and right_text[:1].isdigit()
    return any(long) or digits or left_text in _FRACTIONS.values()


def _letters(text):
    return re.sub(r"[^A-Za-z]", "", text) if len(text) > 1 else ""


def _word(node):
    """One node as text."""
    tag, text = node.tag, node.text or ""
    if tag == "mi" and node.get("mathvariant") == "script":
        return "".join(_script(letter) for letter in text)
    if tag in ("mi", "mn", "mo"):
        return {"\u2016": "‖", "\u2223": "|"}.get(text.strip(), text.strip())
    if tag in ("mtext", "ms"):
        return text.replace("\u00a0", " ")
    if tag == "mspace":
        width = float(re.sub(r"[^0-9.\-]", "", node.get("width", "0")) or 0)
        return " " * (2 if width >= 1 else width > 0.1)
    if tag == "mfrac":
        top, bottom = (_row([child]) for child in node)
        if (top, bottom) in _FRACTIONS:
            return _FRACTIONS[top, bottom]
        product = len(flat([node[1]])) > 1 and not bottom.startswith("∂")
        return f"{_group(top)}/{f'({bottom})' if product else _group(bottom)}"
    if tag == "msqrt":
        inside = _row(list(node)).strip()
        raised = any(child.tag in ("msup", "msubsup") for child in flat(list(node)))
        many = raised or len(flat(list(node))) > 1
        return f"√({inside})" if many else f"√{_group(inside)}"
    if tag == "mroot":
        return f"{_small(_row([node[1]]), _HIGH, '^')}√{_group(_row([node[0]]))}"
    if tag == "msub":
        return _base(node[0]) + _small(_row([node[1]]), _LOW, "_")
    if tag == "msup":
        return _base(node[0]) + _small(_row([node[1]]), _HIGH, "^")
    if tag in ("msubsup", "munderover"):
        low, high = (_row([child]) for child in node[1:])
        return _base(node[0]) + _small(low, _LOW, "_") + _small(high, _HIGH, "^")
    if tag in ("mover", "munder"):
        return _stacked(node)
    if tag == "mtable":
        return "; ".join(" ".join(_row(list(cell)) for cell in row).strip() for row in node)
    return _row(list(node))


def _base(node):
    text = _row([node])
    return text if len(flat([node])) <= 1 else f"({text})"


def _stacked(node):
    base, mark = _row([node[0]]), _row([node[1]])
    if mark in _ACCENTS:
        core = base.replace(" ", "")
        return base + _ACCENTS[mark] if len(core) == 1 else f"({base}){_ACCENTS[mark]}"
    if mark in ("⏟", "⏞"):
        return base
    if node[0].tag == "munder" and _row([node[0][1]]) == "⏟":
        return f"{base} [{mark}]"
    return base + (_small(mark, _LOW, "_") if node.tag == "munder" else _small(mark, _HIGH, "^"))


def _small(text, letters, mark):
    """Raised or lowered: in Unicode, if it has all the characters."""
    close = text.replace(" ", "")
    if close and all(c in letters for c in close):
        return "".join(letters[c] for c in close)
    one = len(close) == 1 or re.fullmatch(r"[A-Za-z0-9]+", text.strip())
    return f"{mark}{close}" if one else f"{mark}({text.strip()})"


def _group(text):
    """In parentheses, unless it is one thing."""
    one = re.fullmatch(r"[^\s+−\-/⋅·=,|^]+", text)
    closed = text.startswith("(") and text.endswith(")") and text.count("(") == 1
    norm = text.startswith("‖") and text.count("‖") == 2
    return text if one or closed or norm else f"({text})"


def _script(letter):
    if letter in _SCRIPT:
        return _SCRIPT[letter]
    return chr(0x1D49C + ord(letter) - ord("A")) if "A" <= letter <= "Z" else letter
