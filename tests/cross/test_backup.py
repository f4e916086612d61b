"""A backup made by one language, opened by the other."""

import pytest

import shoal
from conftest import Refused


def test_what_python_has_backed_up_php_adds_to(segment, php, tmp_path):
    segment.counter("hits", 40)
    segment["value"] = {"a": [1, 2.5, "text"]}
    shoal.backup(segment, tmp_path / "copy")
    copy = shoal.open(tmp_path / "copy")
    assert copy["value"] == {"a": [1, 2.5, "text"]} and copy.check() == []
    assert php("counter", name="hits", method="add", arguments=[1]) == ["i", "41"]
    assert copy.counter("hits").value == 40


def test_neither_replaces_what_the_other_has_open(segment, php, mortal, tmp_path):
    path = tmp_path / "other"
    segment["value"] = 1
    with shoal.create(path, "1M"):
        with pytest.raises(Refused, match="is attached to it") as refused:
            php("backup", name=str(path), overwrite=True)
        assert refused.value.kind == "Shoal\\Denied"
    other = mortal("php")
    other("open", name=str(path))
    with pytest.raises(shoal.Denied, match=rf"process {other.pid} "):
        shoal.backup(segment, path, overwrite=True)
    other("close")
    php("backup", name=str(path), overwrite=True)
    with shoal.open(path) as copy:
        assert copy["value"] == 1
