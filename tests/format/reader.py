"""A second attacher: reads a segment as docs/format.md describes it, with nothing of ours. Readonly, and it waits for nobody.

    python reader.py /dev/shm/shoal.demo
"""

from __future__ import annotations

import dataclasses
import fcntl
import mmap
import os
import re
import stat
import struct
import sys

from page import TEXT, size_of
from siphash import siphash13

VALUE, NDARRAY, COUNTER, MUTEX, SEMAPHORE, REMOVED = 1, 2, 3, 4, 6, 0x100
KINDS = {int(number): name for number, name in re.findall(r"(\d+) (\w+)", re.search(r"\| kind \| (1 Value, [^;|]*);", TEXT)[1])}
DTYPES = dict(enumerate("bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128".split(), 1))
PART, FREE, FREE_LAST, RUN, SPAN = range(5)
PEER_BYTES, READER_BYTES = 2**40, 2**41
PEER = size_of("peer_sh")
LOCK, OBJECTS, USED, WARM, WARM_PAGES, TABLE, PAGES, SLOTS, GROWTH, CHANGES = 128, 140, 156, 176, 180, 192, 196, 200, 212, 4100  # words of the header and the journal
MOVED = 1  # in a bucket, where a ref would be


class Damaged(Exception):
    pass


def need(truth: object, what: str) -> None:
    if not truth:
        raise Damaged(what)


# ---- What comes out ----

@dataclasses.dataclass
class Entry:
    ref: int
    serial: int
    name: bytes
    kind: int
    body: int
    version: int
    bucket: int  # offset
    bucket_version: int
    table: int
    spare: int


@dataclasses.dataclass
class Array:
    dtype: str
    shape: tuple[int, ...]
    data: bytes


@dataclasses.dataclass
class Owner:
    slot: int
    pid: int
    alive: bool


@dataclasses.dataclass
class LockState:
    owner: Owner | None
    recovered: bool
    reentrant: bool


@dataclasses.dataclass
class Permits:
    free: int  # those of the dead among them
    of_the_dead: int


@dataclasses.dataclass
class Page:
    kind: int
    pages: int
    next: int
    prev: int
    holes: int
    block_class: int
    used: int
    keep: int
    map: int


class Segment:
    def __init__(self, path: str | int):
        """By its name, or by a descriptor: then through a description of one's own."""
        flags = self.ACCESS | os.O_CLOEXEC | os.O_NONBLOCK
        self.fd = os.open(path, flags | os.O_NOFOLLOW) if isinstance(path, str) else os.open(f"/proc/self/fd/{path}", flags)
        try:
            self.read_header()
        except BaseException:
            os.close(self.fd)
            raise
        self.memory = mmap.mmap(self.fd, self.size, access=mmap.ACCESS_READ if self.ACCESS == os.O_RDONLY else mmap.ACCESS_WRITE)

    ACCESS = os.O_RDONLY

    def close(self) -> None:
        self.memory.close()
        os.close(self.fd)

    def __enter__(self) -> Segment:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def read_header(self) -> None:
        status = os.fstat(self.fd)
        need(stat.S_ISREG(status.st_mode) and status.st_size >= 8192, "not a segment")
        head = os.pread(self.fd, 128, 0)
        need(head[:8] == b"\x89SHOAL\x1a\n", "the magic bytes")
        self.format, order = struct.unpack_from("=2I", head, 8)
        need(self.format == 6, "the format's version")
        need(order == 0x01020304, "the byte order")
        self.size, self.id, self.created, *self.key = struct.unpack_from("=Q16s3Q", head, 16)
        self.granule_shift, self.page_shift, self.slots, self.lifetime = struct.unpack_from("=4I", head, 64)
        self.roster, self.pages, self.heap, self.heap_pages, total = struct.unpack_from("=3Q2I", head, 80)
        need(total == siphash13(head[:108], 0x73686F616C000000, self.format) & 0xFFFFFFFF, "the sum of the constants")
        need(self.size == status.st_size, "the size")
        need(self.granule_shift >= 4 and self.granule_shift + 8 <= self.page_shift <= 24 and 1 <= self.slots <= 1022, "geometry")
        need(8192 <= self.roster and self.roster + PEER * self.slots <= self.pages, "the roster")
        need(self.pages + 64 * self.heap_pages <= self.heap and self.heap + (self.heap_pages << self.page_shift) <= self.size,
             "the heap")

    # ---- Words and refs ----

    def word(self, offset: int) -> int:
        return struct.unpack_from("=I", self.memory, offset)[0]

    def table(self) -> int:
        return self.word(TABLE)

    def objects(self) -> int:
        return self.word(OBJECTS)

    def offset(self, ref: int, size: int = 1) -> int:
        """Of a ref whose `size` bytes lie in the heap; anything else is damage, or was freed while we looked."""
        at, end = ref << self.granule_shift, self.heap + (self.word(PAGES) << self.page_shift)
        need(self.heap <= at and at + size <= min(end, self.size), f"ref {ref:#x}")
        return at

    # ---- The directory ----

    def chain(self, table: int, index: int, growth: int | None = None) -> list[Entry]:
        """
        The entries of one chain, as they were at one moment; IndexError: look again. Of a bucket that was moved, those of both
        buckets of the table that this one grows into, where `growth` is to stay the same odd number.
        """
        def still() -> None:
            if self.word(bucket + 4) != version:
                raise IndexError
            if self.table() != table if growth is None else self.word(GROWTH) != growth:
                raise IndexError

        before = self.word(GROWTH)
        at = self.offset(table, 16)
        bucket = at + 16 + 8 * index
        version, ref = self.word(bucket + 4), self.word(bucket)
        which = self.word(at + 4)
        still()
        if ref == MOVED and growth is None:
            return self.grown_chains(table, index, before)
        entries: list[Entry] = []
        home = table if growth is None else self.table()
        most = (self.heap_pages << self.page_shift) // 64
        while ref:
            need(len(entries) < most, "a chain without end")
            try:
                entry, following = self.entry(ref, which, home, bucket, version)
            except Damaged:  # of something freed meanwhile that is no damage
                still()
                raise
            still()
            entries.append(entry)
            ref = following
        return entries

    def grown_chains(self, table: int, index: int, growth: int) -> list[Entry]:
        if growth % 2 == 0 or self.table() != table:
            raise IndexError
        count, grown = self.buckets(table), self.word(self.offset(table, 16) + 8)
        if self.word(GROWTH) != growth:
            raise IndexError
        need(self.buckets(grown) == 2 * count, "the table that the directory's grows into")
        return self.chain(grown, index, growth) + self.chain(grown, index + count, growth)

    def entry(self, ref: int, which: int, table: int, bucket: int, bucket_version: int) -> tuple[Entry, int]:
        at = self.offset(ref, 48)
        length = self.word(at + 44)
        self.offset(ref, 48 + length + 1)
        version = self.word(at + 24)  # before the body that it names
        body = version // 2 % 2
        return (Entry(ref, self.word(at + 32), self.memory[at + 48 : at + 48 + length], self.word(at + 12), self.word(at + 16 + 4 * body), version, bucket,
                      bucket_version, table, self.word(at + 20 - 4 * body)), self.word(at + 4 * which))

    def again(self, look):
        while True:
            table = self.table()
            try:
                return look(table)
            except IndexError:
                continue
            except Damaged:  # a ref of something freed meanwhile is no damage
                if self.table() == table:
                    raise

    def buckets(self, table: int) -> int:
        count = self.word(self.offset(table, 16))
        need(count and count & (count - 1) == 0, "the table")
        return count

    def entries(self) -> list[Entry]:
        """Of each chain those of one moment: of all of them together they are not."""
        def look(table: int) -> list[Entry]:
            return [entry for index in range(self.buckets(table) if table else 0) for entry in self.chain_again(table, index)]
        return self.again(look)

    def chain_again(self, table: int, index: int) -> list[Entry]:
        """That chain, however often it changes; IndexError: there is another table."""
        while True:
            try:
                return self.chain(table, index)
            except IndexError:
                if self.table() != table:
                    raise

    def of_one_moment(self, look):
        """What look() finds while nobody changes the structure."""
        while True:
            changes = self.word(CHANGES)
            if self.word(LOCK) & (0xFFF | 1 << 30):  # somebody may be about to change something
                continue
            try:
                found = look()
            except Damaged:
                if self.word(CHANGES) == changes:
                    raise
                continue
            if self.word(CHANGES) == changes:
                return found

    def entries_of_one_moment(self) -> list[Entry]:
        return self.of_one_moment(self.entries)

    def names(self) -> dict[str, str]:
        return {entry.name.decode(): KINDS[entry.kind] for entry in self.entries()}

    def find(self, name: str) -> Entry:
        def look(table: int) -> Entry | None:
            index = siphash13(name.encode(), *self.key) & 0xFFFFFFFF & (self.buckets(table) - 1) if table else 0
            return next((entry for entry in (self.chain(table, index) if table else ()) if entry.name == name.encode()), None)

        entry = self.again(look)
        if entry is None:
            raise KeyError(name)
        return entry

    def is_there(self, entry: Entry) -> bool:
        return self.word(entry.bucket + 4) == entry.bucket_version and self.table() == entry.table

    def unchanged(self, entry: Entry) -> bool:
        at = self.offset(entry.ref, 48)
        return (self.word(at + 24) - (entry.version & ~1)) % 2**32 <= 2 and self.is_there(entry)

    # ---- Objects ----

    def body(self, name: str, kind: int, read):
        """read(offset of the body) of an object, of one version of it. Bytes come by pread: a hole is no fault there."""
        while True:
            entry = self.find(name)
            need(entry.kind == kind, f"{name} is a {KINDS.get(entry.kind)}")
            try:
                result = read(self.offset(entry.body, 16))
            except Damaged:
                if self.unchanged(entry):
                    raise
                continue
            if self.unchanged(entry):
                return result

    def read(self, offset: int, size: int) -> bytes:
        need(offset + size <= self.size, "a size")
        return b"".join(os.pread(self.fd, min(size - at, 2**20), offset + at) for at in range(0, size, 2**20))

    def value(self, name: str) -> bytes:
        """One MessagePack item."""
        def read(at: int) -> bytes:
            size, start = struct.unpack("=QI", self.read(at, 12))
            need(start <= 64 and at + start + size <= self.heap + (self.word(PAGES) << self.page_shift), "a value")
            return self.read(at + start, size)
        return self.body(name, VALUE, read)

    def array(self, name: str) -> Array:
        def read(at: int) -> Array:
            number, itemsize, ndim, start, nbytes = struct.unpack("=4IQ", self.read(at, 24))
            need(ndim <= 32 and start == (32 + 8 * ndim + 63) // 64 * 64, "an array")
            shape = struct.unpack(f"={ndim}q", self.read(at + 32, 8 * ndim))
            size, extent = itemsize, itemsize
            for length in shape:
                size, extent = size * length, extent * max(length, 1)
            need(size == nbytes and extent <= 2**47, "the size of an array")
            return Array(DTYPES.get(number, f"S{itemsize}"), shape, self.read(at + start, nbytes))
        return self.body(name, NDARRAY, read)

    def counter(self, name: str) -> int:
        near, far = (self.body(name, COUNTER, lambda at, where=where: struct.unpack("=q", self.read(at + where, 8))[0]) for where in (0, 64))
        return near if -(2**62) <= near < 2**62 else far

    def lock(self, name: str) -> LockState:
        def read(at: int) -> LockState:
            word, flags = struct.unpack("=2I", self.read(at, 8))
            return LockState(self.owner(word), bool(word >> 30 & 1), flags == 1)
        return self.body(name, MUTEX, read)

    def semaphore(self, name: str) -> Permits:
        def read(at: int) -> Permits:
            flags, initial, count = struct.unpack("=3I", self.read(at, 12))
            tags = struct.unpack(f"={initial}I", self.read(at + 32, 4 * initial)) if flags != 1 else ()
            owners = [self.owner(tag) for tag in tags if tag]
            dead = sum(not owner.alive for owner in owners)
            return Permits(count if flags == 1 else initial - len(owners) + dead, dead)
        return self.body(name, SEMAPHORE, read)

    # ---- Keeping what one reads ----

    def lock_byte(self, entry: Entry, how: int) -> None:
        fcntl.fcntl(self.fd, fcntl.F_OFD_SETLK, struct.pack("hhqqi", how, os.SEEK_SET, READER_BYTES + entry.serial, 1, 0))

    def keep(self, name: str) -> Entry:
        """Its memory stays until it is given back, whoever removes it."""
        while True:
            entry = self.find(name)
            self.lock_byte(entry, fcntl.F_RDLCK)
            if self.is_there(entry):
                return entry
            self.lock_byte(entry, fcntl.F_UNLCK)

    def give_back(self, entry: Entry) -> None:
        self.lock_byte(entry, fcntl.F_UNLCK)

    # ---- Peers ----

    def byte_is_locked(self, at: int, asking: int) -> bool:
        query = struct.pack("hhqqi", asking, os.SEEK_SET, at, 1, 0)
        return struct.unpack("hhqqi", fcntl.fcntl(self.fd, fcntl.F_OFD_GETLK, query))[0] != fcntl.F_UNLCK

    def alive(self, slot: int) -> bool:
        return self.byte_is_locked(PEER_BYTES + slot, fcntl.F_RDLCK)

    def reader_has(self, entry: Entry) -> bool:
        return self.byte_is_locked(READER_BYTES + entry.serial, fcntl.F_WRLCK)

    def owner(self, word: int) -> Owner | None:
        slot = (word & 0x7FF) - 1
        if slot < 0:
            return None
        if slot >= self.word(SLOTS):
            return Owner(slot, 0, False)  # nobody ever had it
        peer, incarnation = self.roster + PEER * slot, word >> 12 & 0xFFFF
        alive = (self.word(peer) & 0xFFFF == incarnation and self.alive(slot) and self.word(peer) & 0xFFFF == incarnation)
        return Owner(slot, self.word(peer + 16), alive)

    def peers(self) -> list[Owner]:
        slots = [slot for slot in range(self.word(SLOTS)) if self.word(self.roster + PEER * slot + 4)]
        return [Owner(slot, self.word(self.roster + PEER * slot + 16), self.alive(slot)) for slot in slots]

    # ---- The heap: only for a segment that nobody changes meanwhile ----

    def page(self, number: int) -> Page:
        need(number < self.word(PAGES), f"page {number} has no descriptor")
        *words, bits = struct.unpack_from("=8I32s", self.memory, self.pages + 64 * number)
        return Page(*words, int.from_bytes(b"".join(bits[i : i + 4][:: 1 if sys.byteorder == "little" else -1]
                                                    for i in range(0, 32, 4)), "little"))

    def class_size(self, c: int) -> int:
        d, s = divmod(c - 7, 8)
        return (32 + 16 * c if c < 7 else (128 << d) + (s + 1) * (16 << d)) << (self.granule_shift - 4)

    def span(self, c: int) -> tuple[int, int]:
        """Pages and blocks of a span of class c."""
        size = self.class_size(c)
        few = size >= 8192 << (self.granule_shift - 4)
        pages = -(-size * (4 if few else 8) >> self.page_shift)
        return pages, min(256, (pages << self.page_shift) // size)

    def bin(self, pages: int) -> int:
        high = pages.bit_length() - 1
        return pages if pages < 8 else 8 + 4 * (high - 3) + (pages >> (high - 2) & 3)

    def listed(self, head: int) -> list[int]:
        found, before, link = [], 0, self.word(head)
        while link:
            page = self.page(link - 1)
            need(page.prev == before and len(found) <= self.heap_pages, "a list of pages")
            found.append(link - 1)
            before, link = link, page.next
        return found

    def block_of(self, ref: int) -> tuple[int, int]:
        """Where it begins, and how many bytes it has, by the descriptors of its pages."""
        at = self.offset(ref)
        number = at - self.heap >> self.page_shift
        page = self.page(number)
        if page.kind == PART:
            number -= page.pages
            page = self.page(number)
        start, size = self.heap + (number << self.page_shift), self.class_size(page.block_class)
        if page.kind == RUN:
            need(at == start, f"ref {ref:#x} in a run")
            return at, page.pages << self.page_shift
        need(page.kind == SPAN and (at - start) % size == 0 and page.map >> (at - start) // size & 1, f"ref {ref:#x} in a span")
        return at, size

    def class_for(self, size: int) -> int:
        """Bytes of the block that a request gets."""
        size = max(size, (1 << self.page_shift) // 256)
        sizes = [self.class_size(c) for c in range(71)]
        return next((block for block in sizes if block >= size), -(-size >> self.page_shift) << self.page_shift)

    def walk_heap(self) -> tuple[int, int]:
        """Every invariant of "The heap" that one sees without knowing who owns what. Bytes handed out, blocks handed out, but warm runs."""
        at = used = blocks = 0
        free: dict[int, set] = {b: set() for b in range(128)}
        room: dict[int, set] = {c: set() for c in range(72)}
        was_free = False
        while at < self.heap_pages:
            page = self.page(at)
            need(page.kind in (FREE, RUN, SPAN) and 1 <= page.pages <= self.heap_pages - at, f"page {at}")
            need(not (was_free and page.kind == FREE), f"page {at} is free after a free run")
            was_free = page.kind == FREE
            if page.kind == FREE:
                free[self.bin(page.pages)].add(at)
                if page.pages > 1 and at + page.pages < self.heap_pages:
                    last = self.page(at + page.pages - 1)
                    need((last.kind, last.pages) == (FREE_LAST, page.pages), f"the end of the free run at {at}")
            elif page.kind == RUN:
                used, blocks = used + (page.pages << self.page_shift), blocks + 1
            else:
                pages, count = self.span(page.block_class)
                need(page.pages == pages and bin(page.map).count("1") == page.used and page.map >> count == 0, f"span at {at}")
                for i in range(pages):
                    part = self.page(at + i)
                    need(part.keep and (i == 0 or (part.kind, part.pages) == (PART, i)), f"page {i} of the span at {at}")
                if page.used < count:
                    room[page.block_class].add(at)
                used, blocks = used + page.used * self.class_size(page.block_class), blocks + page.used
            at += page.pages
        for b, runs in free.items():
            need(set(self.listed(272 + 4 * b)) == runs and bool(self.word(256 + b // 32 * 4) >> b % 32 & 1) == bool(runs), f"bin {b}")
        for c, spans in room.items():
            need(set(self.listed(784 + 4 * c)) == spans, f"class {c}")
        need(self.word(USED) << self.granule_shift == used, "header.used")
        warm = [self.page(at) for at in self.listed(WARM)]
        need(all((page.kind, page.used, page.holes) == (RUN, 0x40000000, 0) for page in warm), "a warm run")
        need(sum(page.pages for page in warm) == self.word(WARM_PAGES), "header.warm_pages")
        return used - (self.word(WARM_PAGES) << self.page_shift), blocks - len(warm)


def main(path: str) -> None:
    with Segment(path) as segment:
        print(f"{path}: {segment.objects()} objects, {len(segment.peers())} peers, id {segment.id.hex()}")
        show = {"Value": segment.value, "NdArray": segment.array, "Counter": segment.counter, "Lock": segment.lock,
                "Semaphore": segment.semaphore}
        for name, kind in sorted(segment.names().items()):
            print(f"{kind:9} {name}: {show[kind](name) if kind in show else ''!r:.200}")


if __name__ == "__main__":
    main(*sys.argv[1:])
