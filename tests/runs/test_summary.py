"""The line at the top of a report: only what all of an interval says."""

import pytest

from prodimg_lib.runs.summary import BAD, BETWEEN, GOOD, judged, summary
from prodimg_lib.runs.verdict import decide
from tests.runs.made import facts


def standing(name, *values, **more):
    return [ability.standing for ability in judged({name: facts(*values, **more)})]


@pytest.mark.parametrize(
    ("name", "values", "more", "expected"),
    [
        ("recall", (0.95, 0.005, 0.97), {"n": 2000}, [GOOD]),
        ("recall", (0.40, 0.02, 0.97), {"n": 2000}, [BAD]),
        ("recall", (0.80, 0.02, 0.97), {"n": 2000}, [BETWEEN]),
        ("recall", (0.40, 0.30, 0.97), {"n": 2000}, [BETWEEN]),  # its interval holds both
        ("recall", (0.95, 0.005, 0.97), {"n": 8}, [BETWEEN]),  # as does that of eight images
        ("recall", (0.95, None, 0.97), {}, []),  # without an error nothing is said
        ("recall", (0.40, 0.02, 0.97), {"withheld": True}, []),
        ("colour_coverage", (0.75, 0.005, 0.97), {"n": 4000}, [BAD]),  # as the advice has it
        ("colour_coverage", (0.96, 0.005, 0.97), {"n": 4000}, [GOOD]),
        ("fd_product", (3.0, 0.2, 1.5), {}, [GOOD]),
        ("fd_product", (30.0, 0.2, 1.5), {}, [BAD]),
        ("fd_product", (8.0, 0.2, 1.5), {}, [BETWEEN]),
        # A floor of half as many images is twice what it would be at n.
        ("fd_product", (30.0, 0.2, 4.0), {"n": 2000, "floor_n": 1000}, [BAD]),
        ("fd_product", (5.0, 0.2, 4.0), {"n": 2000, "floor_n": 1000}, [GOOD]),
        ("kernel_distance", (0.001, 0.0001, 0.0), {"noise": 1.0}, [GOOD]),
        ("kernel_distance", (0.3, 0.01, 0.0), {"noise": 1.0}, [BAD]),
        ("kernel_distance", (0.3, 0.01, 0.0), {}, []),  # nothing says what is far
        ("memorised", (0.5, 0.02, 0.01), {"n": 2000}, [BAD]),
        ("memorised", (0.01, 0.002, 0.01), {"n": 2000}, []),
    ],
)
def test_good_and_bad_are_said_only_where_all_of_the_interval_says_so(name, values, more, expected):
    assert standing(name, *values, **more) == expected


TABLE = {
    "fd_product": facts(3.0, 0.2, 1.5, n=2000),
    "recall": facts(0.4, 0.02, 0.97, n=2000),
    "colour_coverage": facts(0.5, 0.02, 0.97, n=2000),
}


def test_the_line_and_its_grounds():
    line, grounds = summary(TABLE)
    assert line == (
        "Good at looking like the real images as a whole; bad at variety and colours. "
        "No gate was set."
    )
    assert "FD-product 3.00 ± 0.20 (real 1.5)" in grounds
    assert "Colours covered 0.500 ± 0.020 (real 0.97)" in grounds
    assert "2,000 images" in grounds
    assert "another seed may differ" in grounds
    failed = decide(["recall >= 0.9"], TABLE)
    assert summary(TABLE, failed)[0].endswith("Do not ship: a gate fails.")


def test_of_noise_and_of_nothing_no_ability_is_told():
    far = facts(0.3, 0.01, 0.001, noise=0.4, noise_share=0.866)
    noise = TABLE | {"kernel_distance": far, "recall": facts(0.9, 0.01, 0.97, withheld=True)}
    line, grounds = summary(noise)
    assert line == (
        "Not like the real images yet: as far from them as a set of which 87% is noise. "
        "No gate was set."
    )
    assert "0.300" in grounds
    assert "variety" not in grounds
    line, grounds = summary({"duplicates": facts(0.0, None, 0.0)})
    assert line == "No number of this run can be judged. No gate was set."
    assert grounds.startswith("Judged by")
