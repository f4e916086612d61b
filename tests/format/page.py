"""docs/format.md, read by programs: its tables of structs, of bits, and of what an attacher refuses."""

from __future__ import annotations

import dataclasses
import functools
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/format.md").read_text()
SIZES = {"u8": 1, "u32": 4, "word": 4, "u64": 8, "i64": 8}
BYTE_ORDER = sys.byteorder


def section(heading: str) -> str:
    found = re.search(rf"^#+ {re.escape(heading)}$\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found, f'docs/format.md has no section "{heading}"'
    return found[1]


def rows_of(text: str) -> list[list[str]]:
    """The cells of the tables in it, without heads and rules."""
    lines = [line.strip().strip("|").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in cells] for cells in lines]


@dataclasses.dataclass(frozen=True)
class Field:
    name: str
    offset: int
    size: int  # of one
    count: int  # 0: it is no array


def fields_of(struct: str) -> list[Field]:
    table = TEXT.split(f"`struct {struct}`", 1)[1].split("| offset |", 1)[1].split("\n\n", 1)[0]
    found = []
    for offset, kind, name in re.findall(r"^\| (\d+) \| ([\w\[\]]+) \| (\w+) \|", table, re.MULTILINE):
        base, _, count = kind.rstrip("]").partition("[")
        if base in SIZES:
            found.append(Field(name, int(offset), SIZES[base], int(count or 0)))
    return found


def bits_of(name: str) -> int:
    """The mask of some bits of a lock word."""
    low, _, high = re.search(rf"^\| ([\d-]+) \| {name} \|", TEXT, re.MULTILINE)[1].partition("-")
    return (2 << int(high or low)) - (1 << int(low))


# ---- What an attacher refuses ----

class Words:
    """The header's words by their names, in a copy of its bytes."""

    FIELDS = {field.name: field for field in fields_of("header_sh")}

    def __init__(self, image: bytes):
        self.image = bytearray(image)

    def at(self, name: str, index: int = 0) -> slice:
        field = self.FIELDS[name]
        start = field.offset + index * field.size
        return slice(start, start + field.size)

    def get(self, name: str, index: int = 0) -> int:
        return int.from_bytes(self.image[self.at(name, index)], BYTE_ORDER)

    def put(self, name: str, value: int, index: int = 0) -> None:
        place = self.at(name, index)
        self.image[place] = value.to_bytes(place.stop - place.start, BYTE_ORDER)

    def all(self, name: str) -> list[int]:
        return [self.get(name, i) for i in range(self.FIELDS[name].count)]


SLOT, INCARNATION, NEEDREC = (bits_of(f"MUTEX_{name}") for name in ("SLOT", "INCARNATION", "NEEDREC"))


@dataclasses.dataclass(frozen=True)
class Row:
    of: str
    must: str
    whom: str
    error: str

    @property
    def word(self) -> str | None:
        return self.of.strip("`") if self.of.startswith("`") else None

    @property
    def is_at_rest(self) -> bool:
        return "at rest" in self.whom

    def expression(self) -> str:
        text = self.must.strip("`")
        for old, new in (("≤", "<="), ("≠", "!="), ("mod", "%"), ("^", "**")):
            text = text.replace(old, new)
        return re.sub(r"(?<![<>!=])=(?!=)", "==", text)

    def holds(self, names: dict) -> bool:
        """Of the words that the page calls by their names."""
        if self.word == "magic":
            return names["magic"] == bytes.fromhex(self.must.strip("`").removeprefix("magic = "))
        if self.word == "sum":
            return names["sum"] == names["sum of what is there"]
        if "the size of the file" in self.must:
            return names["size"] == names["size of the file"]
        code = compiled(self.expression())
        of = range(names["bins"].__len__()) if "[b]" in self.must else range(len(names["partial"])) if "[c]" in self.must else (0,)
        return all(eval(code, {"__builtins__": {}}, {**names, "b": i, "c": i}) for i in of)  # noqa: S307


@functools.cache
def compiled(expression: str):
    return compile(expression, expression, "eval")


def rows() -> list[Row]:
    return [Row(of, must, whom, error.strip("`")) for of, must, whom, error in rows_of(section("What an attacher refuses"))[1:]]


WORD_ROWS = [row for row in rows() if row.word]


def named(words: Words, file_size: int, sum_of) -> dict:
    names = {name: words.all(name) if field.count else words.get(name) for name, field in words.FIELDS.items() if name != "magic"}
    bits = words.all("bin_map")
    names |= {"magic": bytes(words.image[:8]), "size of the file": file_size, "sum of what is there": sum_of(bytes(words.image[:108])),
              "page": 1 << min(names["page_shift"], 64), "bin_map": [bool(bits[b // 32] >> b % 32 & 1) for b in range(32 * len(bits))],
              "slot": lambda word: word & SLOT, "incarnation": lambda word: word & INCARNATION,
              "at": lambda ref: ref << names["granule_shift"]}
    return names


def verdict(words: Words, file_size: int, sum_of) -> Row | None:
    """The first row that does not hold; None: every attacher takes it."""
    names = named(words, file_size, sum_of)
    at_rest = not words.get("lock") & (SLOT | NEEDREC)
    return next((row for row in WORD_ROWS if (at_rest or not row.is_at_rest) and not row.holds(names)), None)


# ---- Places ----

def size_of(struct: str) -> int:
    return int(re.search(rf"`struct {struct}`[^|]*?(\d+) bytes", TEXT)[1])


@functools.cache
def places_of(struct: str) -> dict[str, int]:
    return {field.name: field.offset for field in fields_of(struct)}
