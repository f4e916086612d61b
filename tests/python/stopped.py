"""stopped.py SEGMENT [die]: takes the lock of the segment's structure as a call does, says so, and stops itself, or dies (docs/format.md)."""

import os
import signal
import struct
import sys

import shoal

LOCK, ROSTER, PEER = 128, 80, 128  # offsets in the header, and the size of a slot

segment = shoal.open(int(sys.argv[1]) if sys.argv[1].isdigit() else sys.argv[1])
slot = next(peer.slot for peer in segment.info().peers if peer.pid == os.getpid())
roster, = struct.unpack("Q", os.pread(segment.fileno(), 8, ROSTER))
incarnation, = struct.unpack("I", os.pread(segment.fileno(), 4, roster + slot * PEER))
os.pwrite(segment.fileno(), struct.pack("I", slot + 1 | (incarnation & 0xFFFF) << 12), LOCK)
print("has it", flush=True)
os.kill(os.getpid(), signal.SIGKILL if sys.argv[2:] == ["die"] else signal.SIGSTOP)
os.pwrite(segment.fileno(), bytes(4), LOCK)
