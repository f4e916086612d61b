"""stopped_at_work.py SEGMENT NAME STRUCT FIELD: takes this lock word of an object's body as a call does, says so, and stops itself."""

import os
import pathlib
import signal
import struct
import sys

import shoal

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "format"))
from page import places_of, size_of  # noqa: E402
from reader import Segment  # noqa: E402

segment = shoal.open(sys.argv[1])
slot = next(peer.slot for peer in segment.info().peers if peer.pid == os.getpid())
with Segment(segment.fileno()) as page:
    body = page.offset(page.find(sys.argv[2]).body)
    incarnation = page.word(page.roster + slot * size_of("peer_sh")) & 0xFFFF
at = body + places_of(sys.argv[3])[sys.argv[4]]
os.pwrite(segment.fileno(), struct.pack("=I", slot + 1 | incarnation << 12), at)
print("has it", flush=True)
os.kill(os.getpid(), signal.SIGSTOP)
os.pwrite(segment.fileno(), bytes(4), at)
