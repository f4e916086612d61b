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


def test_neither_sweeps_a_temporary_file_while_the_other_is_in_it(segment, php, mortal, tmp_path):
    """As either leaves it that dies in a backup; who looks in vain for a name there sweeps."""
    for language in ("php", "python"):
        path, temporary = tmp_path / language, tmp_path / f".shoal-new-{7:016x}"
        shoal.create(path, "1M").close()
        other = mortal(language)
        other("open", name=str(path))
        path.rename(temporary)
        _look_for(path, php)
        assert temporary.exists()
        other.end()  # SIGKILL, and it is gone
        (_look_for if language == "php" else _php_looks_for)(path, php)
        assert not temporary.exists()


def _look_for(path, php):
    with pytest.raises(shoal.NotFound):
        shoal.open(path)
    _php_looks_for(path, php)


def _php_looks_for(path, php):
    with pytest.raises(Refused, match="no segment"):
        php("open", name=str(path))
