"""Runs side by side: only like with like, and what is left out is said."""

import json
import re
import shutil

import pytest
from PIL import Image

from prodimg_lib import InputError
from prodimg_lib.runs.compare import compare
from prodimg_lib.runs.finished import read_finished, sample_sheet
from prodimg_lib.runs.pages import check_page, write_comparison
from tests.runs.made import facts, finished_run


@pytest.fixture
def two(tmp_path):
    """A GAN and a VAE on the same data: clearly apart in one metric, tied in the other."""
    gan = finished_run(
        tmp_path / "gan",
        {"fd_product": facts(4.0, 0.5, 1.0), "recall": facts(0.5, 0.05, 0.9)},
        settings={"width": 16},
    )
    vae = finished_run(
        tmp_path / "vae",
        {
            "fd_product": facts(40.0, 3.0, 1.0),
            "recall": facts(0.55, 0.05, 0.9),
            "reconstruction_psnr": facts(20.0, 0.1),
        },
        model="vae",
        settings={"beta": 2.0},
    )
    return gan, vae


def test_gaps_larger_than_their_uncertainty_are_named_and_ties_are_called_so(two):
    found = compare(two)
    assert found.differences == [
        "FD-product: gan is ahead of vae.",
        "No difference larger than its uncertainty, of gan, vae: Recall.",
    ]
    assert found.incomparable == []
    assert found.left_out == []
    cells = {row.title: row.cells for row in found.metrics}
    assert cells["FD-product"] == ("4.00 ± 0.50 (real 1)", "40.0 ± 3.0 (real 1)")
    assert cells["Reconstruction PSNR"] == ("", "20.00 ± 0.10")


def test_settings_that_differ_are_shown_and_the_other_familys_only_where_chosen(two):
    rows = {row.title: row.cells for row in compare(two).settings}
    assert rows == {
        "model": ("gan", "vae"),
        "settings.width": ("16", "32"),
        "settings.beta": ("–", "2.0"),
    }
    assert compare([two[0], shutil.copytree(two[0], two[0].with_name("copy"))]).settings == []


@pytest.mark.parametrize(
    ("digest", "entry", "reason"),
    [
        ("all:two", {}, "they were trained and judged on other photographs"),
        (None, {}, "one of them has no checkpoint that says what data"),
        ("all:one", {"n": 100}, "the number of images is 200 and 100"),
        ("all:one", {"features": "other 9"}, "the network of the features is catalogue 12345678"),
    ],
)
def test_unlike_numbers_are_not_compared_and_the_reason_is_said(two, digest, entry, reason):
    gan = two[0]
    other = finished_run(
        gan.with_name("other"), {"fd_product": facts(900.0, 0.5, 1.0, **entry)}, digest=digest or ""
    )
    if digest is None:
        shutil.rmtree(other / "checkpoints")
    found = compare([gan, other])
    assert found.differences == []
    (sentence,) = found.incomparable
    assert sentence.startswith("gan and other, as ")
    assert reason in sentence
    assert sentence.endswith(": FD-product.")


def test_what_was_scored_on_photographs_changed_since_is_not_compared(two):
    """Evaluated again: the checkpoint still tells of what was trained on."""
    path = two[1] / "metrics.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"data": "all:changed"}))
    found = compare(two)
    assert found.differences == []
    assert "judged on other photographs" in found.incomparable[0]


def test_of_two_runs_without_checkpoints_nothing_is_known_to_be_alike(two):
    for folder in two:
        shutil.rmtree(folder / "checkpoints")
    found = compare(two)
    assert found.differences == []
    assert "no checkpoint that says" in found.incomparable[0]


def test_what_a_run_withholds_is_not_compared(two):
    noise = finished_run(
        two[0].with_name("noise"),
        {"fd_product": facts(9.0, 0.1, 1.0), "recall": facts(1.0, 0.01, 0.9, withheld=True)},
    )
    found = compare([*two, noise])
    assert found.differences[-1].endswith("larger than its uncertainty, of gan, vae: Recall.")
    assert found.incomparable[0].startswith("Recall of noise: withheld")
    cells = {row.title: row.cells for row in found.metrics}
    assert cells["Recall"][2] == "withheld (real 0.9)"


def test_of_three_the_two_that_are_alike_are_compared(two):
    more = {"fd_product": facts(4.0, 0.5, 1.0, n=50)}
    small = finished_run(two[0].with_name("small"), more)
    found = compare([small, *two])
    assert found.differences[0] == "FD-product: gan is ahead of vae."
    assert found.incomparable == [
        "gan and small, as the number of images is 200 and 50: FD-product."
    ]


def test_damaged_and_foreign_folders_are_one_line_each_and_the_rest_is_compared(two, tmp_path):
    gan, vae = two
    (tmp_path / "foreign").mkdir()
    unfinished = shutil.copytree(gan, tmp_path / "unfinished")
    (unfinished / "metrics.json").unlink()
    torn = shutil.copytree(gan, tmp_path / "torn")
    (torn / "metrics.json").write_text('{"metrics": {"fd_prod')
    odd = shutil.copytree(gan, tmp_path / "odd")
    (odd / "metrics.json").write_text('{"metrics": {"recall": {"value": "x"}}, "training": {}}')
    nan = shutil.copytree(gan, tmp_path / "nan")
    (nan / "metrics.json").write_text(
        '{"metrics": {"recall": {"value": NaN}}, "training": {"step": 1, "seconds": 1}}'
    )
    (vae / "history.csv").write_text("step,loss\n1,x\n2,2\n")
    bad = [tmp_path / "foreign", tmp_path / "missing", unfinished, torn, odd, nan]
    found = compare([gan, *bad, vae])
    assert [run.name for run in found.runs] == ["gan", "vae"]
    assert len(found.left_out) == 7
    words = ("no run folder", "no run folder", "not finished", "is not JSON", "does not hold")
    for line, said in zip(found.left_out, words, strict=False):
        assert said in line
        assert "\n" not in line
    assert "history.csv is damaged in line 2" in found.left_out[6]
    with pytest.raises(InputError, match=r"foreign is no run folder .* \(5 more folders"):
        compare(bad)


def test_a_run_named_twice_counts_once_and_equal_names_are_told_apart(two, tmp_path):
    gan = two[0]
    other = shutil.copytree(gan, tmp_path / "elsewhere" / "gan")
    found = compare([gan, gan / ".", other])
    assert [run.name for run in found.runs] == [str(gan / "."), str(other)]


def test_the_page_is_one_file_and_holds_images_curves_and_numbers(two, tmp_path):
    found = compare(two)
    write_comparison(found, tmp_path / "page.html")
    html = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert re.findall(r'src="(?!data:image/png;base64,)', html) == []
    assert not re.search(r'@import|url\(http|<(script|link)\b|href="http', html)
    assert html.count('class="pixels"') == 2
    assert "<h3>GAN: loss</h3>" in html
    assert "<h3>VAE: loss</h3>" in html
    assert "40.0 ± 3.0 (real 1)" in html
    write_comparison(found, tmp_path / "page.html")  # our own page is replaced


def test_names_of_folders_are_text_on_the_page(two, tmp_path):
    evil = shutil.copytree(two[0], tmp_path / "<script>alert(1)<")
    write_comparison(compare([evil]), tmp_path / "page.html")
    assert "<script>" not in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_page_takes_the_place_of_nothing_that_is_not_ours(tmp_path):
    (tmp_path / "mine.html").write_text("<p>mine</p>")
    for path, words in ((tmp_path / "mine.html", "was not made by"), (tmp_path, "ends in .html")):
        with pytest.raises(InputError, match=words):
            check_page(path, "prodimg compare")
    assert (tmp_path / "mine.html").read_text() == "<p>mine</p>"


def test_images_that_are_gone_leave_a_run_comparable(two, tmp_path):
    gan, vae = two
    picture, names = sample_sheet(gan)
    assert names == ["left", "right"]
    assert picture.shape == (2 * 29 - 1, 8 * 29 - 1, 1)
    shutil.rmtree(gan / "samples")
    first = vae / "samples" / "images" / "00.png"
    first.write_bytes(b"torn")
    assert sample_sheet(gan) is sample_sheet(vae) is None
    secret = tmp_path / "secret.png"
    Image.new("L", (28, 28), 7).save(secret)
    first.unlink()
    first.symlink_to(secret)  # as a manifest that names ../../secret.png
    assert sample_sheet(vae) is None
    write_comparison(compare(two), tmp_path / "page.html")
    html = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert html.count("no longer in its folder, or damaged") == 2


def test_reading_a_run_changes_nothing_in_it(two):
    gan = two[0]
    shutil.rmtree(gan / "checkpoints")
    before = {p: p.stat().st_mtime_ns for p in gan.rglob("*")}
    assert read_finished(gan).megabytes is None
    assert before == {p: p.stat().st_mtime_ns for p in gan.rglob("*")}
