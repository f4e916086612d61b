"""A number of a document that a constant of the code decides is that constant, in every document that says it."""

import functools
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "core/README.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md"))]
WORDS = dict(zip("one two three four five six seven eight nine ten eleven twelve".split(), range(1, 13))) | {"sixteen": 16, "a": 1}
NUMBER = r"(2\^\d+|\d[\d,]*(?:\.\d+)?|" + "|".join(WORDS) + ")"
UNITS = {"ms": 10**6, "s": 10**9, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "": 1}

# constant: unit of the documents, and sentences that say it, with # where the number is; | between ways to say it
NUMBERS = [
    ("segment/layout.h MAX_SLOTS", "", r"At most # processes attached for writing", r"how many peers there can be: #", r"126 to # of them",
     r"`slots` is 126 if `size` < 2\^20, else #", r"1 ≤ slots ≤ #"),
    ("segment/layout.h FEW_SLOTS", "", r"\(# in a segment under 1 MiB\)", r"# to 1022 of them", r"how many peers there can be: 1022; # for files",
     r"`slots` is # if `size` < 2\^20"),
    ("segment/layout.h PEER_WAITS", "", r"for information only: # places there", r"wait_sh\[#\] \| waits"),
    ("segment/layout.h WAIT_ROWS", "", r"up to 32,768; at most #\."),
    ("segment/layout.h BIG_RUN", "KiB", r"one of # KiB and more takes memory anew", r"requests of # KiB and more are backed", r"Bodies of # KiB and more",
     r"a run for a request of less than # KiB", r"A table of # KiB or more", r"values under # KiB are marked",
     r"values of # KiB and more are backed"),
    ("segment/layout.h SMALLEST_BLOCK", "", r"# bytes of the segment for each object", r"the pins, # bytes for each open object", r"segment for # bytes for each object that is open",
     r"Each pin takes # bytes"),
    ("segment/layout.h LARGEST_BLOCK", "", r"Up to # bytes a block comes from a span"),
    ("segment/layout.h UNDO_LIMIT", "", r"change_sh\[#\] \| undo"),
    ("segment/layout.h REDO_LIMIT", "", r"change_sh\[#\] \| redo"),
    ("segment/layout.h HEADER_BYTES", "", r"it has at least # bytes", r"`roster` = #"),
    ("segment/layout.h BIN_COUNT", "", r"`b` is each of the # bins", r"u32\[#\] \| bins"),
    ("segment/layout.h CLASS_COUNT", "", r"`c` each of the # words of `partial`", r"u32\[#\] \| partial"),
    ("segment/heap.c SPAN_LIMIT", "", r"no span has more than # blocks", r"as many blocks as fit, at most #", r"at least 1/# of a page"),
    ("segment/header.c SMALLEST_SEGMENT", "KiB", r"or # KiB if that is more", r"segment of # KiB works"),
    ("segment/header.c LARGE_PAGES_FROM", "GiB", r"14 if more than # GiB was asked for", r"16 KiB above # GiB", r"16 KiB in a segment above # GiB"),
    ("segment/header.c SMALL_PAGE_SHIFT", "", r"\| #; 14 if more than 1 GiB"),
    ("segment/header.c LARGE_PAGE_SHIFT", "", r"\| 12; # if more than 1 GiB", r"`page_shift` is # if `asked`"),
    ("segment/header.c 1 << SMALL_PAGE_SHIFT", "KiB", r"in pages of # KiB", r"Pages have # KiB \(16 KiB above"),
    ("segment/header.c 1 << LARGE_PAGE_SHIFT", "KiB", r"\(# KiB in a segment above 1 GiB\)", r"Pages have 4 KiB \(# KiB above"),
    ("segment/header.c LARGEST_SEGMENT", "", r"size ≤ #"),
    ("segment/header.c HEADER_TRIES + 1", "", r"Shoal: at most # times"),
    ("segment/header.h FIRST_COMMIT", "", r"of the first # bytes at `pages`"),
    ("segment/table.h HOP_LIMIT", "", r"Shoal takes # for a circle"),
    ("segment/table.c FIRST_BUCKETS", "", r"a power of two, # at first"),
    ("segment/table.c MOVES", "", r"first moves the next # buckets", r"A process that adds a name moves # buckets first"),
    ("segment/reap.c LOOKS_AT_ONCE", "", r"at most # slots are looked at"),
    ("segment/reap.c FREES_AT_ONCE", "", r"slots are looked at and # pins or runs freed"),
    ("segment/info.c SWEPT_BY_INFO", "", r"the newest # for facts", r"an `info\(\)` \(the newest #\)"),
    ("segment/readers.c RANGES", "", r"a reader with more than # ranges", r"One with more than # ranges joins"),
    ("segment/readers.c RANGES / 2", "", r"joins those that are nearest to each other, to # at most"),
    ("segment/roster.c LEAVE_WAIT", "s", r'of lifetime "shared" # second'),
    ("segment/lock.h SHORT_WAIT", "ms", r"waits # ms \(a dead owner is found before that\)", r"longer than # ms \(a close, a step of an attach\)"),
    ("segment/roster.c LEAVE_WAIT", "s", r"cannot have the lock in # second leaves"),
    ("segment/fork.c LOCK_PATIENCE", "s", r"waits # second for each segment; then the child", r"but a fork \(# s\)"),
    ("segment/fork.c PINS_A_HOLD", "", r"at most # in one hold of the lock"),
    ("segment/runs.c BIN_TRIES", "", r"looked for in # runs of its bin"),
    ("segment/runs.c LAST_TRIES", "", r"before \"full\" is said, in # of its own bin"),
    ("segment/roster.c CAME_ROUND", "", r"have wrapped around and are at most #"),
    ("sync/mutex.c PATIENCE", "", r"has slept # times in vain"),
    ("sync/mutex.c STAND_BACK", "ms", r"once, at most # ms", r"back off once, for # ms at most"),
    ("sync/mutex.c FIRST_SLICE", "ms", r"the structure's: #, 16 … 100", r"at the structure's lock #, 16 …"),
    ("platform/futex.h SHOAL_LONGEST_SLICE", "ms", r"sleep at most # ms on the value seen", r"No sleep is longer than # ms", r"20, 40, 80, (?:then )?# ms",
     r"plus at most # ms", r"when somebody died comes up to # ms late", r"who waits goes on within # ms"),
    ("objects/wait.c FIRST_SLICE", "ms", r"(?:Lock's: |slice\*\* \(|\*Slices\* are )#, 40, 80", r"its slices end \(# ms"),
    ("objects/wait.c CROWDED_SLICE", "ms", r"the thread looks every # ms at what it does not sleep on"),
    ("platform/futex_any.h SHOAL_MOST_SLEEPS - 1", "", r"with more than # different words"),
    ("sync/rwlock.c GRACE_TIME", "ms", r"for # ms at most, store 1 to it", r"no cell is WAITING any more \(# ms at most", r"at most # ms for those that waited"),
    ("sync/rwlock.h RWLOCK_LINES", "", r"number `\(s % #\) \* stride", r"there are `# \* stride`"),
    ("sync/barrier.h BARRIER_MOST_PARTIES", "", r"a Barrier # parties", r"parties \| 1 to #"),
    ("sync/barrier.c SOON", "ms", r"tries for # ms at a time", r"a Barrier's mutex after # ms"),
    ("include/shoal/semaphore.h SHOAL_SEMAPHORE_MOST_PERMITS", "", r"A Semaphore has at most # permits", r"permits there are \(1 to #\)", r"4 bytes a permit, at most #"),
    ("include/shoal/view.h SHOAL_MAX_DIMS", "", r"up to # dimensions", r"ndim \| 0 to #", r"At most # dimensions"),
    ("include/shoal/wire.h SHOAL_MAX_DEPTH", "", r"At most # containers", r"all # levels"),
    ("include/shoal.h SHOAL_FORMAT", "", r"format \| # \| once", r"format = #"),
    ("value/text.h SHOAL__OBJECT_NAME_MAX", "", r"names have at most # bytes", r"name_length \| 1 to #", r"a string of 1 to # bytes of UTF-8"),
    ("value/text.h SHOAL__SEGMENT_NAME_MAX", "", r"by default `/dev/shm`: 1 to # bytes"),
    ("value/view.c NBYTES_LIMIT", "", r"not 0 is at most #"),
    ("platform/liveness.c PEER_BYTES", "", r"on byte # \+ slot", r"# \+ slot byte locks of peers"),
    ("platform/liveness.c READER_BYTES", "", r"on byte # \+ (?:`serial`|serial)", r"# \+ serial byte locks of readers"),
    ("platform/liveness.c MAKER_BYTE", "", r"# byte lock of the maker", r"byte # of it is locked"),
    ("platform/names.c ASIDE_TRIES", "", r"or # random names in a row"),
    ("platform/back.c FOLIO", "MiB", r"No folio is larger than # MiB", r"in pieces of # MiB"),
    ("../python/src/gil.h WAIT_SLICE", "ms", r"another thread received are looked at every # ms", r"answers signals when they come and every # ms"),
    ("../php/wait.h SHOAL_SLICE", "ms", r"can be interrupted, within # ms"),
    ("objects/value.c SPARE_LIMIT", "", r"and the body has at most # bytes", r"as it has at most # bytes", r"at most # bytes keeps the one before as its `spare`"),
    ("objects/value.c SPARE_LIMIT - NEAR", "", r"payloads up to # bytes in granules of 16"),
    ("objects/value.c FAR", "", r"`at` is at most #", r"16, or # if it has more than 4096"),
    ("objects/check.c LOOKS", "", r"suspects remain after # looks"),
    ("objects/check.c LOOK_TIME", "s", r"looks and # seconds, the answer"),
    ("objects/check.c STANDS_STILL", "ms", r"that has made no progress for # ms"),
]


@functools.cache
def constant(path: str, name: str) -> int:
    text = (ROOT / "core" / path).read_text()
    found = re.search(rf"^#define {name} +(.+?)(?: +/\*.*)?$", text, re.MULTILINE)
    assert found, f"{path} has no {name}"
    value = re.sub(r"\((?:uint64_t|off_t|shoal_time)\)|UINT64_C", "", found[1]).replace("SHOAL_MILLISECOND", "10**6")
    value = re.sub(r"\b(0x[0-9a-fA-F]+|\d+)[uU]\b", r"\1", value)
    assert re.fullmatch(r"[\d\sx*+<()-]+", value), value
    return eval(value, {"__builtins__": {}})


def expected(which: str) -> int:
    path, expression = which.split(" ", 1)
    return eval(re.sub(r"[A-Z_]{2,}", lambda name: str(constant(path, name[0])), expression).replace("/", "//"), {"__builtins__": {}})


@functools.cache
def documents() -> dict[str, str]:
    return {name: re.sub(r"\s+", " ", (ROOT / name).read_text()) for name in DOCUMENTS}


def said(number: str, unit: str) -> float:
    if number.lower() in WORDS:
        return WORDS[number.lower()] * UNITS[unit]
    if "^" in number:
        return 2 ** int(number.split("^")[1])
    return float(number.replace(",", "")) * UNITS[unit]


def matches(sentence: str) -> list[tuple[str, str]]:
    pattern = re.sub(r"(?<!\\)#", lambda _: NUMBER, sentence)
    return [(name, found[1]) for name, text in documents().items() for found in re.finditer(pattern, text, re.IGNORECASE)]


@pytest.mark.parametrize("which, unit, sentences", [(which, unit, sentences) for which, unit, *sentences in NUMBERS], ids=[row[0] for row in NUMBERS])
def test_a_number_of_a_document_is_the_constant(which, unit, sentences):
    for sentence in sentences:
        found = matches(sentence)
        assert found, f"no document says {sentence!r} any more: change the row, or take it away"
        for document, number in found:
            assert said(number, unit) == expected(which), f"{document} says {number} {unit} ({sentence}); {which} is {expected(which)}"


def test_a_stale_number_would_be_seen(monkeypatch):
    stale = {name: text.replace("only: three places there", "only: nine places there") for name, text in documents().items()}
    monkeypatch.setattr("test_numbers.documents", lambda: stale)
    with pytest.raises(AssertionError, match="says nine"):
        test_a_number_of_a_document_is_the_constant("segment/layout.h PEER_WAITS", "", [r"for information only: # places there"])


def test_bytes_that_a_text_adds_up_are_those_of_the_code():
    """What an empty segment has backed: the header and journal, the first peers, the first descriptors."""
    first = constant("segment/layout.h", "HEADER_BYTES") + constant("segment/header.h", "FIRST_COMMIT")
    assert f"`fallocate` of bytes 0 to {first - 1} (the header" in documents()["docs/format.md"]
    assert f"and an empty one takes {(first + constant('segment/header.h', 'FIRST_COMMIT')) >> 10} KiB" in documents()["docs/internals.md"]
    slots, pages = (constant("segment/header.h", "FIRST_COMMIT") // size for size in (128, 64))
    assert f"the first {slots} peers) and" in documents()["docs/format.md"]
    assert f"back {slots} more slots with `fallocate`" in documents()["docs/format.md"]
    assert f"`slots_committed` = {slots}; `pages_committed` = {pages} or" in documents()["docs/format.md"]
