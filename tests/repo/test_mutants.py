"""The mistakes of tests/torture/*mutants.txt are mistakes of the core as it is: each patch finds its place. Nothing is built."""

import pathlib
import re
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TORTURE = ROOT / "tests/torture"

sys.path.insert(0, str(TORTURE))
import mutants  # noqa: E402

ALL = mutants.read_all()
DRIVERS = re.findall(r'^ +\.name = "(\w+)"', "".join(path.read_text() for path in (ROOT / "tests/kinds").glob("*.c")), re.M)


def knows(tool, name):
    """Has it a row of that name, or one that it has for each driver?"""
    rows = "".join(path.read_text() for path in (TORTURE / tool).glob("*.c"))
    if re.search(rf'(\{{"|S\(){name}\b', rows):
        return True
    return any(re.fullmatch(f"{driver}(_\\w+)?_{deed}", name) for deed in re.findall(r'\{"%s_(\w+)"', rows) for driver in DRIVERS)


@pytest.mark.parametrize("mutant", ALL, ids=lambda mutant: mutant["name"])
def test_a_mistake_fits_the_core_as_it_is(mutant):
    assert mutant["patches"] and mutant["tools"]
    for file, text in mutants.patched_texts(mutant).items():
        assert text != (ROOT / file).read_text()


def test_mutants_py_says_which_mistakes_fit_no_longer():
    fits = mutants.read_all()[0]
    stale = {**fits, "name": "stale", "patches": [("core/objects/lock.c", "no such line;\n", "")]}
    assert [said.split(": ")[0] for said in mutants.check([fits, stale])] == ["stale"]


def test_each_mistake_has_a_name_of_its_own():
    names = [mutant["name"] for mutant in ALL]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("mutant", ALL, ids=lambda mutant: mutant["name"])
def test_the_tools_of_a_mistake_know_what_they_are_asked_for(mutant):
    for tool, *arguments in mutant["tools"]:
        assert tool in mutants.TOOLS
        named = [word for word in arguments if not word.startswith("-") and not word.isdigit()]
        if tool in ("step", "points"):
            assert all(knows(tool, name) for name in named), named
        elif tool == "core":
            program, name = arguments
            assert f"TEST({name})" in (ROOT / f"tests/core/{program}.c").read_text()


def test_a_scene_that_nobody_has_is_told():
    assert knows("step", "put_new") and knows("points", "put_new") and knows("step", "rwlock_read_wait")
    assert not knows("step", "put_newer") and not knows("points", "rwlock_read_leave")


def test_a_mistake_of_another_core_is_told():
    with pytest.raises(ValueError, match="there are 0 places"):
        mutants.patched("    a();\n    b();\n", "    a();\n    c();\n", "", "some file")
    with pytest.raises(ValueError, match="there are 2 places"):
        mutants.patched("    a();\n    a(); /* again */\n", "    a();\n", "", "some file")
