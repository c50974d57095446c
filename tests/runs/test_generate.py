"""Which class a person means."""

import pytest

from prodimg_lib import InputError
from prodimg_lib.runs.generate import class_index


@pytest.mark.parametrize(
    ("label", "names", "index"),
    [
        ("1", ["1", "2", "3"], 0),  # the class that is called so, not the second
        ("3", ["1", "2", "3"], 2),
        (1, ["hat", "shoe"], 1),
        ("Hat", ["hat", "shoe"], 0),
        ("shoes", ["Shoes", "shoes"], 1),
        ("Shoes", ["Shoes", "shoes"], 0),
        ("0", ["10", "20"], 0),
    ],
)
def test_a_name_comes_before_a_number_and_an_exact_name_before_others(label, names, index):
    assert class_index(label, names) == index


@pytest.mark.parametrize(
    ("label", "names"),
    [("boot", ["hat", "shoe"]), ("2", ["hat", "shoe"]), ("SHOES", ["Shoes", "shoes"])],
)
def test_what_is_no_class_or_two_is_refused_with_the_names(label, names):
    with pytest.raises(InputError, match=f"unknown class '{label}': choose one of {names[0]}"):
        class_index(label, names)
