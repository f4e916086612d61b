"""Large segments: refs of more than 31 bits, granules of more than 16 bytes; from C, Python and PHP."""

from __future__ import annotations

import json
import os
import random
import subprocess

import pytest
from conftest import Writer
from peer import HEADER, Peer
from reader import WARM_PAGES, Segment
from test_reader import array_bytes, item

GIB = 1 << 30

PHP = r"""
$s = Shoal\open($argv[1]);
$told = [];
foreach ($s as $name => $object)
    $told[$name] = $object instanceof Shoal\NdArray ? md5($object->pack()) : ($object instanceof Shoal\Counter ? $object->value
        : (is_object($object) ? get_class($object) : md5($object)));
ksort($told);
$s['from php'] = str_repeat('x', 5000);
$s->counter('counter')->add(5);
$l = $s->lock('lock'); $l->acquire(); $l->release();
echo json_encode([$told, $s->check()]);
"""


def skip_to(path: str, offset: int) -> Peer:
    """Nothing is free before that place of the file any more: a peer has it in its hands."""
    peer = Peer(path)
    peer.hold_run((offset - peer.heap >> peer.page_shift) + 1)
    return peer


@pytest.mark.parametrize("size, start", [(61 * GIB, 33 * GIB), (64 * GIB, 0), (128 * GIB, 8 * GIB), (1 << 40, 65 * GIB), (1 << 43, 300 * GIB)])
def test_everything_works_far_behind_and_in_granules_above_16(library, path, size, start):
    import hashlib

    import shoal
    writer, dice = Writer(library, path, create=True, size=size), random.Random(size)
    peer = skip_to(path, start) if start else None
    with shoal.open(path) as segment, Segment(path) as reader:
        assert (reader.granule_shift > 4) == (size >= 62 * GIB)
        values = {f"value {size}": dice.randbytes(size) for size in (0, 1, 31, 32, 100, 4000, 4080, 4081, 40_000, 262_080, 262_081, 3_000_000)}
        for round in range(3):
            for name, value in values.items():
                segment[name] = value
        arrays = {}
        for i, (dtype, shape) in enumerate([("float64", (1000,)), ("int8", (0, 3)), ("complex128", (7, 11)), ("int16", (700_000,))]):
            segment.array(f"array {i}", shape=shape, dtype=dtype)
            writer.remove(f"array {i}")
            arrays[f"array {i}"] = array_bytes(dtype, shape)
            writer.array(f"array {i}", dtype, shape, arrays[f"array {i}"])
        segment.counter("counter").add(7)
        for kind in (segment.lock, segment.rwlock, segment.event):
            kind(kind.__name__)
        segment.semaphore("semaphore", 3).acquire()
        segment.barrier("barrier", 2)
        for name, value in values.items():
            assert segment[name] == value and reader.offset(reader.find(name).body) >= start
        pid = os.fork()
        if pid == 0:
            segment["from a child"] = b"abc"
            os._exit(0 if segment["value 4081"] == values["value 4081"] else 1)
        assert os.waitpid(pid, 0)[1] == 0 and segment["from a child"] == b"abc"
        for i in range(2000):
            segment[f"churn {i}"] = i
        for i in range(2000):
            del segment[f"churn {i}"]
        command = [os.environ.get("PHP", "php"), "-n", "-d", f"extension={os.environ['SHOAL_PHP_EXTENSION']}", "-r", PHP, "--", path]
        told, findings = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        assert findings == [] == segment.check() == writer.check()
        hashes = {name: hashlib.md5(data).hexdigest() for name, data in {**values, **arrays, "from a child": b"abc"}.items()}
        assert hashes.items() <= told.items() and told["counter"] == 7
        assert segment.counter("counter").value == 12 and len(segment["from php"]) == 5000
        segment["item"] = 5
        assert reader.value("item") == b"\x05"
        if peer:
            peer.close()
            used = segment.info().used  # frees what the peer had
            warm = reader.word(WARM_PAGES) << reader.page_shift
            assert (reader.word(HEADER["used"]) << reader.granule_shift) - warm == used < 64 << 20
        assert segment.check() == []
    writer.close()


def test_a_backup_of_a_large_segment_is_a_small_one(library, path, tmp_path):
    import shoal
    with shoal.create(path, size=128 * GIB) as segment:
        segment["a"] = {"x": [1, 2.5, None]}
        segment.array("b", shape=(3,), dtype="int32")
        shoal.backup(segment, str(tmp_path / "copy"))
    with shoal.open(str(tmp_path / "copy")) as copy:
        assert copy["a"] == {"x": [1, 2.5, None]} and copy.check() == [] and sorted(copy) == ["a", "b"]
        assert os.stat(tmp_path / "copy").st_blocks * 512 < 16 << 20


