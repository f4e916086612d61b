"""`import shoal` is quick, and brings every name."""

import subprocess
import sys

import pytest

import shoal

HEAVY = {"dataclasses", "typing", "inspect", "re", "asyncio", "multiprocessing", "numpy", "queue", "threading"}


def test_the_import_brings_nothing_heavy():
    code = "import sys; before = set(sys.modules); import shoal; print(*(set(sys.modules) - before))"
    said = subprocess.run([sys.executable, "-S", "-c", code], check=True, capture_output=True, text=True,
                          env={"PYTHONPATH": ":".join(sys.path)})
    assert "shoal._shoal" in said.stdout
    assert not HEAVY & set(said.stdout.split())


def test_every_public_name_is_there_and_listed():
    for name in shoal.__all__:
        assert getattr(shoal, name) is not None
        assert name in dir(shoal)


def test_the_records_are_those_that_info_returns(segment):
    assert type(segment.info()) is shoal.Info
    assert shoal.Info is shoal._records.Info


def test_other_names_are_told():
    with pytest.raises(AttributeError, match="module 'shoal' has no attribute 'Segmnt'"):
        shoal.Segmnt  # noqa: B018
