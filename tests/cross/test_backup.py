"""A backup made by one language, opened by the other."""

import shoal


def test_what_python_has_backed_up_php_adds_to(segment, php, tmp_path):
    segment.counter("hits", 40)
    segment["value"] = {"a": [1, 2.5, "text"]}
    shoal.backup(segment, tmp_path / "copy")
    copy = shoal.open(tmp_path / "copy")
    assert copy["value"] == {"a": [1, 2.5, "text"]} and copy.check() == []
    assert php("counter", name="hits", method="add", arguments=[1]) == ["i", "41"]
    assert copy.counter("hits").value == 40
