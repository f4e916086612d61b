"""A second writer: a peer of a segment as docs/format.md describes it, with nothing of ours. It stores and removes small values."""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import platform
import struct
import time

from page import bits_of, places_of, size_of
from reader import FREE, FREE_LAST, MOVED, PART, PEER_BYTES, REMOVED, RUN, SPAN, VALUE, Segment, need, siphash13

ATOMIC, LIBC = ctypes.CDLL("libatomic.so.1"), ctypes.CDLL(None, use_errno=True)
ATOMIC_STORE, ATOMIC_SWAP, ATOMIC_EXCHANGE = (ATOMIC[f"__atomic_{what}_4"] for what in ("store", "compare_exchange", "exchange"))
LIBC.mmap.restype = ctypes.c_void_p
FUTEX = {"x86_64": 202, "aarch64": 98, "s390x": 238, "i686": 240}[platform.machine()]
RELEASE, ALL = 3, 5
SLOT, INCARNATION, LONGWAIT, NEEDREC, WAITERS = (bits_of(f"MUTEX_{name}") for name in "SLOT INCARNATION LONGWAIT NEEDREC WAITERS".split())
HEADER, PEER, PAGE, ENTRY = (places_of(f"{name}_sh") for name in ("header", "peer", "page", "entry"))
JOURNAL = {name: 4096 + offset for name, offset in places_of("journal_sh").items()}
STRIPES = 2048
UNDO = 4096 + 64
REDO = UNDO + 192 * 16
WORD = ctypes.c_uint32


class Peer(Segment):
    ACCESS = os.O_RDWR

    def __init__(self, path: str | int):
        super().__init__(path)
        self.base = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        self.join()

    # ---- Words ----

    def store(self, at: int, value: int) -> None:
        ATOMIC_STORE(ctypes.c_void_p(self.base + at), WORD(value % 2**32), RELEASE)

    def swap(self, at: int, old: int, new: int) -> bool:
        return bool(ATOMIC_SWAP(ctypes.c_void_p(self.base + at), ctypes.byref(WORD(old)), WORD(new), ALL, ALL) & 1)

    def exchange(self, at: int, new: int) -> int:
        return ATOMIC_EXCHANGE(ctypes.c_void_p(self.base + at), WORD(new), ALL) % 2**32

    def fence(self) -> None:
        ATOMIC.atomic_thread_fence(RELEASE)

    # ---- Joining, leaving ----

    def join(self) -> None:
        self.slot, description = self.claim()
        page = LIBC.mmap(None, ctypes.c_size_t(mmap.PAGESIZE), 0, mmap.MAP_SHARED, description, ctypes.c_long(0))  # PROT_NONE
        LIBC.madvise(ctypes.c_void_p(page), ctypes.c_size_t(mmap.PAGESIZE), mmap.MADV_DONTFORK)
        os.close(description)
        self.life, self.at = page, self.roster + size_of("peer_sh") * self.slot
        incarnation = self.word(self.at) + 1
        need(incarnation < 2**16, "incarnations that come round")
        self.store(self.at, incarnation)
        self.me = self.slot + 1 | incarnation << 12
        self.store(HEADER["peace"], 0)
        self.lock()
        need(not self.word(self.at + PEER["pins"]) and not self.word(self.at + PEER["runs"]) and not self.word(self.at + PEER["waits_more"]), "what the slot's last user left")
        self.memory[self.at + PEER["pid"] : self.at + PEER["waits_missed"]] = struct.pack("=2IQ16s", os.getpid(), os.getuid(), time.time_ns(), b"peer.py")
        self.memory[self.at + PEER["waits_missed"] : self.at + size_of("peer_sh")] = bytes(size_of("peer_sh") - PEER["waits_missed"])
        self.memory[self.at + PEER["process"] : self.at + PEER["process"] + 8] = os.urandom(8)
        self.store(HEADER["peace"], 0)
        self.store(self.at + PEER["in_use"], 1)
        self.unlock()

    def claim(self) -> tuple[int, int]:
        description = os.open(f"/proc/self/fd/{self.fd}", os.O_RDWR | os.O_CLOEXEC)
        for slot in range(self.word(HEADER["slots_committed"])):
            if self.word(self.roster + size_of("peer_sh") * slot + PEER["in_use"]):
                continue
            try:
                fcntl.fcntl(description, fcntl.F_OFD_SETLK, struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, PEER_BYTES + slot, 1, 0))
                return slot, description
            except OSError:
                continue
        raise BlockingIOError("no free slot")

    def close(self) -> None:
        self.store(self.at + PEER["in_use"], 0)
        LIBC.munmap(ctypes.c_void_p(self.life), ctypes.c_size_t(mmap.PAGESIZE))
        super().close()

    # ---- The lock ----

    def lock(self) -> None:
        if self.take(HEADER["lock"]):
            self.recover()
        else:
            self.fence()

    def take(self, at: int) -> bool:
        """The lock word there. True: its owner died."""
        slept = False
        while True:
            word = self.word(at)
            owner = word & (SLOT | INCARNATION)
            if owner and slept and not self.owner(word).alive:
                if self.swap(at, word, self.me | NEEDREC | WAITERS):
                    return True
            elif not owner and (slept or not word & LONGWAIT):
                if self.swap(at, word, self.me | word & (NEEDREC | WAITERS)):
                    return bool(word & NEEDREC)
            else:
                time.sleep(0.002)  # not on the word: so nobody needs to wake it
                slept = True

    def unlock(self) -> None:
        self.give(HEADER["lock"])

    def give(self, at: int, mark: int = 0) -> None:
        if self.exchange(at, self.word(at) & LONGWAIT | mark) & WAITERS:
            LIBC.syscall(FUTEX, ctypes.c_void_p(self.base + at), 1, 1, None, None, 0)  # FUTEX_WAKE

    # ---- Stripes ----

    def lock_both(self, hash: int) -> int:
        """The structure's lock, and then the stripe, for which nobody waits there."""
        stripe = STRIPES + 64 * (hash % 32)
        while True:
            self.lock()
            word = self.word(stripe)
            if not word & (SLOT | INCARNATION) and self.swap(stripe, word, self.me | word & (NEEDREC | WAITERS)):
                return stripe
            self.unlock()
            self.give(stripe, NEEDREC if self.take(stripe) else 0)

    def unlock_both(self, stripe: int) -> None:
        self.give(stripe)
        self.unlock()

    def recover(self) -> None:
        if self.word(JOURNAL["committed"]) == 1:
            self.redo()
        else:
            self.undo()
        self.empty()

    # ---- The journal ----

    def note(self, where: int, count: int, at: int, value: int) -> None:
        if self.word(JOURNAL["undo_count"]) == self.word(JOURNAL["redo_count"]) == 0:
            self.store(JOURNAL["changes"], self.word(JOURNAL["changes"]) + 1)
            self.fence()
        self.memory[where + 16 * self.word(count) : where + 16 * self.word(count) + 16] = struct.pack("=QII", at, value % 2**32, 0)
        self.store(count, self.word(count) + 1)

    def change(self, at: int, value: int) -> None:
        need(self.word(JOURNAL["undo_count"]) < 192, "a change too large")
        self.note(UNDO, JOURNAL["undo_count"], at, self.word(at))
        self.store(at, value)

    def publish(self, at: int, value: int) -> None:
        need(self.word(JOURNAL["redo_count"]) < 32, "a change too large")
        self.note(REDO, JOURNAL["redo_count"], at, value)

    def noted(self, where: int, count: int) -> list[tuple[int, int]]:
        return [struct.unpack_from("=QI", self.memory, where + 16 * i) for i in range(self.word(count))]

    def redo(self) -> None:
        for at, value in self.noted(REDO, JOURNAL["redo_count"]):
            self.store(at, value)

    def undo(self) -> None:
        for at, value in reversed(self.noted(UNDO, JOURNAL["undo_count"])):
            self.store(at, value)

    def empty(self) -> None:
        for name in ("undo_count", "redo_count", "committed"):
            self.store(JOURNAL[name], 0)
        self.fence()

    def commit(self) -> None:
        self.store(JOURNAL["committed"], 1)
        self.redo()
        self.empty()

    def abort(self) -> None:
        self.undo()
        self.empty()

    # ---- Runs of pages ----

    def page_at(self, number: int, name: str) -> int:
        return self.pages + size_of("page_sh") * number + PAGE[name]

    def change_page(self, number: int, **words: int) -> None:
        for name, value in words.items():
            self.change(self.page_at(number, name), value)

    def link(self, head: int, number: int) -> None:
        first = self.word(head)
        self.change_page(number, next=first, prev=0)
        if first:
            self.change_page(first - 1, prev=number + 1)
        self.change(head, number + 1)

    def unlink(self, head: int, number: int) -> None:
        page = self.page(number)
        self.change(self.page_at(page.prev - 1, "next") if page.prev else head, page.next)
        if page.next:
            self.change_page(page.next - 1, prev=page.prev)

    def bin_is(self, b: int) -> None:
        at = HEADER["bin_map"] + b // 32 * 4
        bit = 1 << b % 32
        self.change(at, self.word(at) | bit if self.word(HEADER["bins"] + 4 * b) else self.word(at) & ~bit)

    def put_free(self, number: int, pages: int, holes: int) -> None:
        self.change_page(number, kind=FREE, pages=pages, holes=holes)
        if pages > 1 and number + pages < self.heap_pages:
            self.change_page(number + pages - 1, kind=FREE_LAST, pages=pages)
        self.link(HEADER["bins"] + 4 * self.bin(pages), number)
        self.bin_is(self.bin(pages))

    def take_free(self, number: int) -> None:
        b = self.bin(self.page(number).pages)
        self.unlink(HEADER["bins"] + 4 * b, number)
        self.bin_is(b)

    def know(self, count: int) -> None:
        """The descriptors before that page are backed."""
        have, count = self.word(HEADER["pages_committed"]), min(-(-count // 64) * 64, self.heap_pages)
        if have < count:
            os.posix_fallocate(self.fd, self.page_at(have, "kind"), (count - have) * size_of("page_sh"))
            self.store(HEADER["pages_committed"], count)

    def take_run(self, pages: int, back: bool = True) -> int:
        free = [number for b in range(self.bin(pages), 128) for number in self.listed(HEADER["bins"] + 4 * b)]
        number = next(number for number in free if self.page(number).pages >= pages)
        self.know(number + pages + (number + pages < self.heap_pages))
        page = self.page(number)
        self.take_free(number)
        if page.pages > pages:
            self.put_free(number + pages, page.pages - pages, page.holes)
        self.change_page(number + pages - 1, kind=PART)
        if back:
            os.posix_fallocate(self.fd, self.heap + (number << self.page_shift), pages << self.page_shift)
        return number

    def hold_run(self, pages: int) -> None:
        """In this peer's hands, without memory: whoever finds the peer gone frees it."""
        self.lock()
        number = self.take_run(pages, back=False)
        self.change_page(number, kind=RUN, pages=pages, holes=1, used=self.slot + 1)
        self.link(self.at + PEER["runs"], number)
        self.use(pages << self.page_shift)
        self.commit()
        self.unlock()

    def give_run(self, number: int) -> None:
        page = self.page(number)
        pages, holes, after = page.pages, page.holes, number + page.pages
        if after < self.heap_pages and self.page(after).kind == FREE:
            self.take_free(after)
            pages, holes = pages + self.page(after).pages, holes | self.page(after).holes
        before = self.page(number - 1) if number else None
        if before and before.kind in (FREE, FREE_LAST):
            length = 1 if before.kind == FREE else before.pages
            self.change_page(number, kind=PART)
            number, pages = number - length, pages + length
            self.take_free(number)
            holes |= self.page(number).holes
        self.put_free(number, pages, holes)

    # ---- Blocks ----

    def use(self, bytes_more: int) -> None:
        self.change(HEADER["used"], self.word(HEADER["used"]) + (bytes_more >> self.granule_shift))

    def new_span(self, c: int) -> None:
        pages, _ = self.span(c)
        number = self.take_run(pages)
        for i in range(pages):
            self.store(self.page_at(number + i, "keep"), 1)
            self.change_page(number + i, kind=PART, pages=i)
        self.change_page(number, kind=SPAN, pages=pages, holes=0, block_class=c, used=0)
        for i in range(8):
            self.change(self.page_at(number, "map") + 4 * i, 0)
        self.link(HEADER["partial"] + 4 * c, number)

    def alloc(self, size: int) -> int:
        block = self.class_for(size)
        c = next(c for c in range(71) if self.class_size(c) == block)
        head = HEADER["partial"] + 4 * c
        if not self.word(head):
            self.new_span(c)
        number = self.listed(head)[-1]
        page = self.page(number)
        i = next(i for i in range(256) if not page.map >> i & 1)
        at = self.page_at(number, "map") + i // 32 * 4
        self.change(at, self.word(at) | 1 << i % 32)
        self.change_page(number, used=page.used + 1)
        if page.used + 1 == self.span(c)[1]:
            self.unlink(head, number)
        self.use(block)
        return (self.heap + (number << self.page_shift) + i * block) >> self.granule_shift

    def free(self, ref: int) -> None:
        at, block = self.block_of(ref)
        number = at - self.heap >> self.page_shift
        number -= self.page(number).pages if self.page(number).kind == PART else 0
        page = self.page(number)
        head, (pages, count) = HEADER["partial"] + 4 * page.block_class, self.span(page.block_class)
        i = (at - self.heap - (number << self.page_shift)) // block
        word = self.page_at(number, "map") + i // 32 * 4
        self.change(word, self.word(word) & ~(1 << i % 32))
        self.change_page(number, used=page.used - 1)
        if page.used == count:
            self.link(head, number)
        if page.used == 1:  # no empty one stays: that is allowed
            self.unlink(head, number)
            self.give_run(number)
        self.use(-block)

    # ---- Names ----

    def first_table(self) -> None:
        ref = self.alloc(size_of("table_sh") + 64 * size_of("bucket_sh"))
        at = self.offset(ref)
        self.memory[at : at + 16] = struct.pack("=4I", 64, 0, 0, 0)
        for i in range(64):
            self.memory[at + 16 + 8 * i : at + 24 + 8 * i] = struct.pack("=2I", 0, self.word(HEADER["serial"]))
        self.publish(HEADER["table"], ref)
        self.commit()

    def bucket_of(self, hash: int) -> tuple[int, int]:
        """Where it is, and which link its chain uses."""
        table = self.offset(self.table(), 16)
        at = table + 16 + 8 * (hash & self.word(table) - 1)
        if self.word(at) == MOVED:
            table = self.offset(self.word(table + 8), 16)
            at = table + 16 + 8 * (hash & self.word(table) - 1)
        return at, self.word(table + 4)

    def write_body(self, ref: int, item: bytes) -> int:
        at, start = self.offset(ref), 64 if len(item) > 4096 else 16
        self.memory[at : at + 16] = struct.pack("=Q2I", len(item), start, 0)
        self.memory[at + start : at + start + len(item)] = item
        return ref

    def add(self, name: bytes, hash: int, item: bytes) -> None:
        if not self.table():
            self.first_table()
        body = self.write_body(self.alloc(len(item) + (64 if len(item) > 4096 else 16)), item)
        ref, (bucket, which) = self.alloc(48 + len(name) + 1), self.bucket_of(hash)
        at, serial = self.offset(ref), self.word(HEADER["serial"]) + 1
        links = [0, 0]
        links[which] = self.word(bucket)
        self.memory[at : at + 49 + len(name)] = struct.pack("=12I", *links, hash, VALUE, body, 0, 0, 0, serial, 0, 0, len(name)) + name + b"\0"
        self.change(HEADER["serial"], serial)
        self.publish(bucket, ref)
        self.publish(HEADER["objects"], self.objects() + 1)
        self.commit()

    def bodies(self, at: int) -> tuple[int, int, int, int]:
        """Of an entry: where the ref of its body lies, that ref, and the same of the other one."""
        now = self.word(at + ENTRY["version"]) // 2 % 2
        body, other = at + ENTRY["body"] + 4 * now, at + ENTRY["body"] + 4 * (1 - now)
        return body, self.word(body), other, self.word(other)

    def replace_in_spare(self, ref: int, item: bytes) -> bool:
        at = self.offset(ref)
        version, (_, old, _, spare) = self.word(at + ENTRY["version"]), self.bodies(at)
        if not spare or self.block_of(spare)[1] < len(item) + (64 if len(item) > 4096 else 16) or self.block_of(old)[1] > 4096:
            return False
        self.store(at + ENTRY["version"], version | 1)
        self.fence()
        self.write_body(spare, item)
        self.store(at + ENTRY["version"], (version | 1) + 1)
        return True

    def replace(self, ref: int, item: bytes) -> None:
        at = self.offset(ref)
        version, (body, old, other, spare) = self.word(at + ENTRY["version"]), self.bodies(at)
        keep = version > 1 and self.block_of(old)[1] <= 4096  # of a name that was replaced before
        self.store(at + ENTRY["version"], version | 1)
        self.publish(other, self.write_body(self.alloc(len(item) + (64 if len(item) > 4096 else 16)), item))
        self.publish(at + ENTRY["version"], (version | 1) + (1 if keep else 5))
        if not keep:
            self.publish(body, 0)
        for block in ([spare] if spare else []) + ([] if keep else [old]):
            self.free(block)
        self.commit()

    def put(self, name: str, item: bytes) -> None:
        key = name.encode()
        hash = siphash13(key, *self.key) & 0xFFFFFFFF
        stripe = STRIPES + 64 * (hash % 32)
        died = self.take(stripe)
        entry = None if died else next((entry for entry in self.entries_named(key, hash)), None)
        replaced = entry and self.replace_in_spare(entry, item)
        self.give(stripe, NEEDREC if died else 0)
        if replaced:
            return
        stripe = self.lock_both(hash)
        entry = next((entry for entry in self.entries_named(key, hash)), None)
        if entry:
            self.replace(entry, item)
        else:
            self.add(key, hash, item)
        self.unlock_both(stripe)

    def entries_named(self, key: bytes, hash: int):
        if self.table():
            bucket, which = self.bucket_of(hash)
            ref = self.word(bucket)
            while ref:
                at = self.offset(ref, 48)
                if self.memory[at + 48 : at + 48 + self.word(at + 44)] == key:
                    yield ref
                ref = self.word(at + 4 * which)

    def remove(self, name: str) -> None:
        key = name.encode()
        hash = siphash13(key, *self.key) & 0xFFFFFFFF
        stripe = self.lock_both(hash)
        ref = next(self.entries_named(key, hash))
        bucket, which = self.bucket_of(hash)
        link = bucket
        while self.word(link) != ref:
            link = self.offset(self.word(link), 48) + 4 * which
        at = self.offset(ref)
        need(self.word(at + ENTRY["kind"]) == VALUE and not self.word(at + ENTRY["pins"]), "only a Value goes at once")
        self.publish(link, self.word(at + 4 * which))
        self.publish(bucket + 4, self.word(bucket + 4) + 1)
        self.publish(HEADER["objects"], self.objects() - 1)
        self.publish(at + ENTRY["kind"], VALUE | REMOVED)
        for block in (self.word(at + ENTRY["body"]), self.word(at + ENTRY["body"] + 4), ref):
            if block:
                self.free(block)
        self.commit()
        self.unlock_both(stripe)
