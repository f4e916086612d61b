"""What documents and comments name in backticks is there, and tables have the cells that their heads have."""

import functools
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROOMS = ("platform", "value", "sync", "segment", "store", "objects")
SOURCES = [path for folder in ("core", "cli", "python", "php", "tests", "bench", "script", "examples") for path in sorted((ROOT / folder).rglob("*"))
           if path.is_file() and path.suffix in (".c", ".h", ".py", ".pyi", ".php", ".inc", ".phpt", ".sh", ".build", ".pml", ".txt", "") and "/corpus/" not in str(path)]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/*.md")), ROOT / "core/README.md", *sorted(ROOT.glob("tests/**/*.md"))]
# Others' names: the kernel's, the compiler's, libc's, what was measured and is no more.
FOREIGN = re.compile(r"F_OFD_\w+|FUTEX_\w+|MAP_\w+|MADV_\w+|PR_\w+|SYS_\w+|fallocate|msync|memfd\w*|shmget|perf|unlinkat|renameat2?|membarrier|closefrom|st_ctime|posix_spawn|(shoal_?_)noun_verb|Python|php")
MADE_UP = re.compile(r"\b(shoal__)?once\b|\bonce_sh\b|\bonce\.\w+$")  # the kind that CONTRIBUTING.md makes
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def without_comments(path: pathlib.Path) -> str:
    text = path.read_text(errors="replace")
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL) if path.suffix in (".c", ".h") else text


@functools.cache
def known() -> frozenset:
    return frozenset(word for path in SOURCES if path != pathlib.Path(__file__) for word in IDENTIFIER.findall(without_comments(path)))


@functools.cache
def files() -> frozenset:
    return frozenset(part for path in SOURCES for part in (path.name, path.stem, *(str(path.relative_to(each)) for each in path.parents if ROOT in (each, *each.parents))))


def named(text: str) -> list:
    """What stands in single backticks outside of blocks of code."""
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def is_there(word: str) -> bool:
    return word in known() or f"test_{word}" in known() or bool(FOREIGN.fullmatch(word))


def missing(text: str) -> list:
    """Identifiers with an underscore or behind a dot, calls, and files, which no code has."""
    wrong = []
    for span in named(text):
        if MADE_UP.search(span):
            continue
        if re.fullmatch(r"[\w./-]*\w+\.(c|h|py|md|pml|txt|json|stub|phpt|inc|build)(:\d+)?", span):
            path = span.partition(":")[0]
            wrong += [] if path in files() or (ROOT / path).exists() or (ROOT / "docs" / path).exists() or path in ("Python.h", "php.h") else [span]
        elif re.fullmatch(r"[\w.>-]+(\(\))?", span) and re.search(r"_|\(\)$|\w\.\w", span) and not re.search(r"\d$|^\d|-", span.replace("->", ".")):
            wrong += [span for word in IDENTIFIER.findall(span) if not is_there(word)][:1]
    return wrong


@pytest.mark.parametrize("page", ["core/README.md", "docs/internals.md", "docs/recovery.md", "CONTRIBUTING.md", "tests/README.md"])
def test_what_a_page_names_in_backticks_is_there(page):
    assert missing((ROOT / page).read_text()) == []


@pytest.mark.parametrize("room", ["core/include", *(f"core/{room}" for room in ROOMS)])
def test_what_comments_of_the_core_name_in_backticks_is_there(room):
    wrong = {}
    for path in sorted((ROOT / room).rglob("*.[ch]")):
        comments = "\n".join(re.findall(r"/\*.*?\*/|//[^\n]*", path.read_text(), re.DOTALL))
        words = set(IDENTIFIER.findall(without_comments(path)) + IDENTIFIER.findall(re.sub(r"`[^`]*`", "", comments)))
        found = [span for span in missing(re.sub(r"\n \* ?", " ", comments)) if not set(IDENTIFIER.findall(span)) <= words | known()]
        if found:
            wrong[path.name] = found
    assert wrong == {}


@pytest.mark.parametrize("said", ["`let_readers_out`", "`segment/handel.c`", "`header_sh.lokc`", "`shoal_opne()`"])
def test_a_name_that_is_nowhere_is_found(said):
    assert missing(f"A reader ({said}) is let in. `header_sh.lock` and `segment/lock.c` are there.") == [said.strip("`")]


# ---- Which files a room has, and which structs ------------------------------------------------------------


def test_the_table_of_the_rooms_names_their_files_and_no_others():
    page = (ROOT / "core/README.md").read_text()
    for room in ROOMS:
        (row,) = re.findall(rf"^\| `{room}/` \|.*\|(.*)\|$", page, re.MULTILINE)
        own = page.partition(f"## The files of `{room}/`\n")[2].partition("\n## ")[0]  # a table of its own, if there are many
        row += "".join(re.findall(r"^\| .*\|(.*)\|$", own, re.MULTILINE))
        stems = {re.sub(r"\.[ch]$", "", name) for name in named(row)}
        there = {path.stem for path in (ROOT / "core" / room).glob("*.[ch]")}
        assert {stem for stem in stems if not stem.endswith("*") and stem not in there} == set(), room
        patterns = [re.compile(stem.replace("*", ".*")) for stem in stems]
        assert {stem for stem in there if not any(pattern.fullmatch(stem) for pattern in patterns)} == set(), room


def test_the_table_of_who_writes_names_every_shared_struct():
    table = (ROOT / "core/README.md").read_text().partition("## Who writes which shared struct")[2].partition("\n\nEvery word")[0]
    structs = {name for path in SOURCES if path.suffix in (".c", ".h") and path.is_relative_to(ROOT / "core")
               for name in re.findall(r"^struct (\w+_sh) \{", path.read_text(), re.MULTILINE)}
    assert len(structs) > 15 and {name for name in structs if name not in " ".join(named(table))} == set()


# ---- Tables --------------------------------------------------------------------------------------------


def rows_that_do_not_fit(text: str) -> list:
    wrong, cells = [], 0
    lines = re.sub(r"^```.*?^```", lambda block: re.sub(r"[^\n]", "", block[0]), text, flags=re.MULTILINE | re.DOTALL).splitlines()
    for number, line in enumerate(lines, 1):
        if not line.startswith("|"):
            # a row that lost its beginning, or a table without an empty line before it
            wrong += [number] if cells and line.strip() else []
            cells = 0
            continue
        count = len(re.sub(r"\\\||`[^`]*`", "", line.strip().strip("|")).split("|"))
        if not cells:
            delimiter = lines[number] if number < len(lines) else ""
            wrong += [] if re.fullmatch(r"\|( ?:?-+:? ?\|)+", delimiter.strip()) and delimiter.count("|") == count + 1 else [number]
            cells = count
        elif count != cells or not line.rstrip().endswith("|"):
            wrong.append(number)
    return wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_tables_of_a_page_parse(page):
    assert rows_that_do_not_fit(page.read_text()) == []


@pytest.mark.parametrize("text, line", [
    ("| a | b |\n|---|---|\n| 1 | 2 |\n.| 3 | 4 |\n", 4), ("| a | b |\n|---|---|\n| 1 |\n", 3), ("| a | b |\n| 1 | 2 |\n", 1),
    ("| a | b |\n|---|---|\n| 1 | 2 | 3 |\n", 3), ("| a |\n|---|\ntext\n", 3), ("| a |\n|---|\n| 1\n", 3),
])
def test_a_table_that_does_not_parse_is_found(text, line):
    assert rows_that_do_not_fit(text) == [line]
