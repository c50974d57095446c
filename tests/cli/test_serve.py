"""``prodimg serve`` and ``prodimg export``: what they hand on, and what they refuse at once."""

import pytest

from prodimg_lib.cli import main


def refused(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("flag", ["--images", "--seconds", "--waiting"])
def test_limits_are_above_zero(capsys, flag):
    assert f"{flag} 0: expected a number above 0" in refused(capsys, "serve", "x", flag, "0")


def test_a_gate_that_there_is_not(capsys):
    assert "--gate odd=1: expected NAME=LIMIT" in refused(capsys, "serve", "x", "--gate", "odd=1")


def test_what_is_handed_on(monkeypatch):
    given = {}

    def serve(model, host, port, **more):
        given.update(model=model, host=host, port=port, **more)

    monkeypatch.setattr("prodimg_lib.serve.service.serve", serve)
    with pytest.raises(SystemExit) as ended:
        main(["serve", "catalogue", "--accept", "--images", "8"])
    assert ended.value.code == 0
    assert (given["model"], given["host"], given["port"]) == ("catalogue", "127.0.0.1", 8080)
    assert given["gates"] == []
    assert given["limits"].images == 8
    assert given["limits"].waiting == 32


def test_an_export_into_what_is_not_ours(capsys, tmp_path):
    pytest.importorskip("tf2onnx", reason="the extra `serve` is not installed")
    (tmp_path / "notes.txt").write_text("mine")
    told = refused(capsys, "export", "catalogue", "--out", str(tmp_path))
    assert "notes.txt is there already" in told
