"""docs/format.md and the structs of the core say the same: every offset, type, constant and section."""

import os
import pathlib
import re
import shlex
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORE = ROOT / "core"
DOCUMENT = (ROOT / "docs/format.md").read_text()
SIZES = {"u8": 1, "u32": 4, "word": 4, "u64": 8, "i64": 8, "change_sh": 16, "bucket_sh": 8, "wait_sh": 16, "hold_sh": 24, "breaker_sh": 24, "mark_sh": 16, "u16": 2, "parts_sh": 8, "list_sh": 16, "slot_sh": 64, "flight_sh": 16}


def documented() -> dict:
    """struct -> (size, [(offset, type, field)])"""
    tables = {}
    for name, size, rest in re.findall(r"`struct (\w+)`[^|]*?(\d+) bytes(.*?)(?=`struct |\Z)", DOCUMENT, re.DOTALL):
        table = re.search(r"\| offset \| type \| field .*?\n\n", rest, re.DOTALL)[0]
        tables[name] = int(size), [(int(offset), kind, field) for offset, kind, field
                                   in re.findall(r"^\| (\d+) \| ([\w\[\]]+) \| (\w+) \|", table, re.MULTILINE)]
    return tables


def in_the_core() -> dict:
    """struct -> (the file to include, its fields)"""
    found = {}
    for path in sorted(CORE.glob("*/*.[ch]")):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        for name, body in re.findall(r"struct\s+(\w+_sh)\s*\{(.*?)\n\}", text, re.DOTALL):
            declarations = [line.strip().split(None, 1) for line in body.replace("_Alignas(8) _Atomic", "").replace("struct ", "").split(";")]
            fields = [field for declaration in declarations if len(declaration) == 2 for field in re.findall(r"(\w+)(?:\[[^\]]*\])*(?:,|$)", declaration[1])]
            found[name] = path.relative_to(CORE), fields
    return found


def asserts(struct: str) -> str:
    size, fields = documented()[struct]
    lines = [f'_Static_assert(sizeof(struct {struct}) == {size}, "size");']
    for offset, kind, field in fields:
        lines.append(f'_Static_assert(offsetof(struct {struct}, {field}) == {offset}, "{field}");')
        base, _, count = kind.rstrip("]").partition("[")
        if not kind.endswith("[]"):
            lines.append(f'_Static_assert(sizeof(((struct {struct} *)0)->{field}) == {SIZES[base] * int(count or 1)}, "{field}");')
    return "\n".join(lines)


def compile_only(source: str) -> str:
    compiler = shlex.split(os.environ.get("CC", "cc"))
    command = [*compiler, "-std=c11", "-D_GNU_SOURCE", "-fsyntax-only", "-I", CORE, "-I", CORE / "include", "-x", "c", "-"]
    return subprocess.run(command, input=source, capture_output=True, text=True).stderr


@pytest.mark.parametrize("struct", sorted(in_the_core()))
def test_every_struct_lies_as_its_table_says(struct):
    path, fields = in_the_core()[struct]
    assert [field for _, _, field in documented()[struct][1]] == fields
    assert compile_only(f'#include <stddef.h>\n#include "{path}"\n{asserts(struct)}\n') == ""


def test_the_document_has_no_struct_that_the_core_has_not():
    assert set(documented()) == set(in_the_core()) and len(in_the_core()) >= 23


def test_a_wrong_offset_would_be_seen():
    wrong = asserts("entry_sh").replace("body) == 16", "body) == 12")
    assert "body" in compile_only(f'#include <stddef.h>\n#include "segment/layout.h"\n{wrong}\n')


def test_constants_are_those_of_the_core():
    kinds = re.findall(r"^\| (\d) \| (PAGE_\w+) \|", DOCUMENT, re.MULTILINE)
    bits = re.findall(r"^\| ([\d-]+) \| (MUTEX_\w+) \|", DOCUMENT, re.MULTILINE)
    objects = re.findall(r"(\d+) (\w+)", re.search(r"\| kind \| ([^;|]*);", DOCUMENT)[1])
    assert len(kinds) == 5 and len(bits) == 7 and len(objects) >= 9
    masks = [(name, sum(1 << bit for bit in range(int(low), int(high or low) + 1)))
             for span, name in bits for low, _, high in [span.partition("-")]]
    masks += [("HEADER_BYTES", 8192), ("STRIPES_AT", 2048), ("STRIPES", 32), ("JOURNAL_AT", 4096), ("MAX_SLOTS", 1022), ("FEW_SLOTS", 126), ("BIG_RUN", 256 << 10),
              ("SMALLEST_BLOCK", 32), ("LARGEST_BLOCK", 32768), ("ENTRY_REMOVED", 0x100), ("SHOAL_FORMAT", 6),
              *((f"SHOAL_KIND_{'JOB_QUEUE' if name == 'JobQueue' else name.upper()}", int(number)) for number, name in objects),
              ("PARTY_WAITING", 0x10000000), ("PARTY_FAILED", 0x20000000), ("PARTY_PARITY", 0x40000000), ("PARTY_PASSED", 0x80000000),
              ("CONDITION_NOTIFIED", 0x10000000), ("RWLOCK_COUNT", 0x7fff), ("RWLOCK_WAITING", 0x8000), ("SHOAL_SEMAPHORE_SIGNAL", 1),
              ("WAIT_TASK", 0x40000000), ("WAIT_FOREVER", 0x80000000), ("PEER_WAITS", 3), ("WAIT_ROWS", 10), ("1 << WAIT_ROW_SHIFT", 512), ("1 << LARGEST_ROW_SHIFT", 32768),
              ("SHOAL_LOCK_REENTRANT", 1), ("SHOAL_MAX_DEPTH", 512), ("SHOAL_MAX_DIMS", 32), ("SHOAL_EXT_NDARRAY", 1)]
    lines = [f'_Static_assert({name} == {value}, "{name}");' for name, value in [*((name, int(kind)) for kind, name in kinds), *masks]]
    assert compile_only('#include "segment/layout.h"\n#include "sync/barrier.h"\n#include "sync/condition.h"\n#include "sync/rwlock.h"\n#include "shoal.h"\n' + "\n".join(lines)) == ""


def test_sections_that_the_core_names_are_there():
    headings = {heading.lower() for heading in re.findall(r"^#+ (.*)$", DOCUMENT, re.MULTILINE)}
    named = {name.lower() for path in CORE.glob("*/*.[ch]") for name in re.findall(r'docs/format\.md, "?([\w ]+)', path.read_text())}
    assert len(named) >= 10
    missing = {name for name in named if not headings & {name, f"the {name}", f"{name}s"}}
    assert missing <= {"page", "table", "entry"}, missing
    assert all(f"`struct {name}_sh`" in DOCUMENT for name in missing)


FENCES = {"taken the structure's lock": ["segment/lock.c shoal__lock_at_once", "segment/lock.c lock_slowly", "segment/lock.c shoal__enter_soon", "segment/lock.c shoal__lock_step",
                                         "segment/reap.c shoal__reap_slot_soon"],
          "counted `changes`": ["segment/journal.c count_change"],
          "`version` was made odd": ["objects/value.c replace"],
          "`head` of a [Stream](#stream) was moved": ["store/stream.c make_free"],
          "`number` of a [Channel](#channel)'s slot was made 0": ["store/frames.c shoal__frames_begin"],
          "`generation` of a [Map](#map)'s extent was counted": ["store/map_extents.c shoal__extent_empty"],
          "at the end of a commit or of a recovery": ["segment/journal.c shoal__commit", "segment/journal.c shoal__journal_recover"]}


def test_a_writer_makes_the_fences_that_the_document_says_and_no_other():
    """On x86 one that is missing is not seen by any other test."""
    said = " ".join(re.search(r"^A writer makes seven fences.*?\n\n", DOCUMENT, re.MULTILINE | re.DOTALL)[0].split())
    assert all(text in said for text in FENCES)
    made = set()
    for path in CORE.glob("*/*.c"):
        for name, body in re.findall(r"^[\w *]*?(\w+)\([^;{]*\)\n\{\n(.*?)^\}", path.read_text(), re.MULTILINE | re.DOTALL):
            if "fence_release()" in body:
                made.add(f"{path.relative_to(CORE)} {name}")
    assert made == {place for places in FENCES.values() for place in places}
