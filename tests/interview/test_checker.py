"""The checker itself: each layer, the naming of mistakes, and files in a process of their own."""

import numpy as np
import pytest
import tensorflow as tf

from prodimg_lib.errors import InputError
from prodimg_lib.interview import Question, bank
from prodimg_lib.interview.check.checker import check
from prodimg_lib.interview.check.checks import LAYERS
from prodimg_lib.interview.check.exercise import Exercise
from prodimg_lib.interview.check.result import Result

SAYS = {"expect": {"en": "it fits"}, "next": {"en": "look again"}}


class AnyCheck(dict):
    def __missing__(self, name):
        return SAYS


def exercise(reference, checks, wrong=None, symptom=None):
    def starter(x):
        raise NotImplementedError

    words = {"checks": AnyCheck(), "mistakes": {n: {"says": {"en": n}} for n in wrong or {}}}
    return Exercise("C99", "f", starter, reference, {}, wrong or {}, checks, symptom, words)


def double(x):
    return 2.0 * x


def demand_double(c):
    x = c.normal(3)
    y = c.call(x)
    c.shape("shape", y, (3,))
    c.kind("floats", y, "f")
    c.finite("finite", y)
    c.close("twice", y, 2 * x)
    c.gradient("slope", (x,), 0, np.full(3, 2.0))


DOUBLE = exercise(double, demand_double, {"thrice": lambda x: 3 * x})


def changes_its_input(x):
    if isinstance(x, np.ndarray):
        x *= 2
        return x
    return 2.0 * x


@pytest.mark.parametrize(
    ("answer", "layer", "name"),
    [
        (lambda: 0, "signature", "callable"),
        (lambda x, y: x, "signature", "callable"),
        (lambda x: x / 0 if isinstance(x, float) else [][1], "exception", "runs"),
        (lambda x: x and None, "exception", "runs"),  # truth of an array
        (lambda x: print(end=""), "shape", "returns"),
        (lambda x: "two", "shape", "form"),
        (lambda x: np.float32(2.0) * x[:2], "shape", "shape"),
        (lambda x: (2 * x).astype(int), "shape", "floats"),
        (lambda x: x * np.float32(np.nan), "finite", "finite"),
        (lambda x: 2 * x + np.float32(0.001), "value", "twice"),
        (changes_its_input, "value", "inputs-kept"),
        (lambda x: np.asarray(2.0 * x), "gradient", "differentiable"),
        (lambda x: x + tf.stop_gradient(x), "gradient", "slope"),
    ],
)
def test_stops_at_the_first_layer_that_fails(answer, layer, name):
    result = check(DOUBLE, answer)
    assert (result.status, result.layer, result.check) == ("fail", layer, name)
    assert result.seed == (None if layer == "signature" else 0)
    assert result.expect["en"]
    assert result.next["en"]
    assert all(LAYERS.index(passed) < LAYERS.index(layer) for passed in result.layers)
    assert "next" in repr(result)


def test_a_right_answer_passes_in_any_form():
    for answer in (double, lambda *args: args[0] * 2.0, lambda x, scale=2.0: scale * x):
        result = check(DOUBLE, answer)
        assert result.passed
        assert result.layers == ["signature", "exception", "shape", "finite", "value", "gradient"]
        assert "passed" in repr(result)


@pytest.mark.parametrize("nested", [dict, lambda pairs: [next(iter(pairs))], tuple])
def test_inputs_within_any_container_are_kept(nested):
    def spoils(x):
        inner = x["a"] if isinstance(x, dict) else x[0][1]
        inner *= 2
        return inner

    def demand(c):
        c.call(nested([("a", np.arange(3.0))]))

    result = check(exercise(spoils, demand), spoils)
    assert (result.layer, result.check) == ("value", "inputs-kept")


def test_untouched_or_empty_code_is_no_failure():
    def empty(x):
        pass

    def words_only(x):
        """To do."""

    def honest(x):
        y = 2 * x
        raise NotImplementedError("the rest", y)

    for answer in (DOUBLE.starter, empty, words_only, honest):
        assert check(DOUBLE, answer).status == "not_attempted"


def test_the_starter_is_recognised_in_another_file_under_another_name():
    code = bank["C08"].code()["starter"]
    names = {}
    exec(code, names)
    assert bank["C08"].check(names["reparameterize"]).status == "not_attempted"


def test_names_the_mistake_only_when_all_numbers_agree():
    assert check(DOUBLE, lambda x: x + x + x).mistake == "thrice"
    assert check(DOUBLE, lambda x: 3.01 * x).mistake is None
    text = repr(check(DOUBLE, lambda x: x + x + x))
    assert "looks like  thrice" in text
    assert "look again" not in text  # the mistake says what to do


def test_message_shows_the_inputs_the_expected_and_the_first_difference():
    def almost(x):
        y = np.array(2 * x)
        y[5] += 1
        return y

    def demand(c):
        x = np.arange(8.0)
        c.close("twice", c.call(x), 2 * x)

    result = check(exercise(double, demand), almost)
    assert result.want == "10 at [5]"
    assert result.came == "11; 1 of 8 entries differ"
    assert result.given == "x = [0, 1, 2, …] float64 (8,)"


def test_inputs_shown_are_those_of_the_call_that_is_judged():
    def demand(c):
        first = c.call(np.float64(1.0))
        c.call(np.float64(5.0))
        c.close("twice", first, 2.0)

    assert check(exercise(double, demand), lambda x: 3 * x).given == "x = 1"


def test_an_exception_comes_with_its_line_and_inputs():
    def answer(x):
        return tf.reshape(x, [7])

    result = check(DOUBLE, answer)
    assert "InvalidArgumentError" in result.came
    assert "in answer: return tf.reshape(x, [7])" in result.where
    assert result.given.startswith("x = [")


def test_a_result_of_odd_form_is_explained_instead_of_raised():
    def demand(c):
        a, b = c.parts(c.call(1.0), 2)
        c.close("both", a + b, 3.0)

    assert check(exercise(lambda x: (x, 2 * x), demand), lambda x: x).check == "parts"
    assert check(exercise(lambda x: (x, 2 * x), demand), lambda x: ["a", "b"]).check == "form"


def test_statistic_allows_five_standard_errors_and_no_more():
    def demand(c):
        c.statistic("mean", c.call(1.0), 2.0, se=0.1)

    assert check(exercise(double, demand), lambda x: 2.499).passed
    result = check(exercise(double, demand), lambda x: 2.501)
    assert result.layer == "statistics"
    assert result.want == "2 ± 0.5"


def test_random_answers_are_repeatable_and_the_callers_generators_are_untouched():
    def demand(c):
        c.close("same", c.call(1.0), np.random.default_rng(c.seed).normal())

    def noisy(x):
        return np.random.normal() + float(tf.random.normal(()))  # noqa: NPY002

    np.random.seed(3)  # noqa: NPY002
    expected = np.random.normal()  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    first, second = (check(exercise(double, demand, {"noise": noisy}), noisy) for _ in range(2))
    assert first.came == second.came
    assert first.mistake == "noise"
    assert np.random.normal() == expected  # noqa: NPY002


def test_symptom_comes_before_everything_but_exceptions():
    def symptom(f, seed):
        slope = float(f(1.0) - f(0.0))
        return slope < 0, {"slope": slope}

    falling = exercise(double, demand_double, {"flat": lambda x: 0 * x}, symptom)
    result = check(falling, lambda x: -2.0 * x)
    assert (result.layer, result.came) == ("symptom", "slope = -2")
    assert check(falling, lambda x: 0.0 * x).mistake == "flat"
    assert check(falling, double).passed


def test_not_a_function_is_said_to_the_caller():
    with pytest.raises(InputError, match=r"write q\.check"):
        check(DOUBLE, 3.0)
    with pytest.raises(InputError, match="no code to check"):
        Question({**bank["C08"].data, "id": "G99", "kind": "concept"}).check(double)


def test_result_survives_json():
    result = check(DOUBLE, lambda x: 3 * x)
    again = Result.from_json(result.to_json())
    assert again == result
    assert again.text("zh") != again.text("en")


def test_each_answer_is_run_once_and_a_failure_ends_nothing():
    calls = []

    def demand(c):
        c.close("first", c.call(1.0), 2.0)
        c.close("second", c.call(2.0), 4.0)

    def answer(x):
        calls.append(x)
        return 3 * x

    result = check(exercise(double, demand, {"thrice": lambda x: 3 * x}), answer, seeds=(5, 6))
    assert calls == [1.0, 2.0]
    assert (result.check, result.given, result.seed) == ("first", "x = 1", 5)
    assert result.mistake == "thrice"


def test_work_left_undone_after_a_failure_is_a_failure():
    def answer(x):
        if x > 1:
            raise NotImplementedError
        return 3 * x

    def demand(c):
        c.close("first", c.call(1.0), 2.0)
        c.call(2.0)

    assert check(exercise(double, demand), answer).status == "fail"
    assert check(exercise(double, demand), lambda x: answer(x + 1)).status == "not_attempted"
