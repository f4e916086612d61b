"""A worker of test_kill_interpreters.py: works on a segment until it is killed.

    worker.py SEGMENT NUMBER SEED DIARY

worker.php does the same. The diary is a file of pairs of 64-bit numbers, one pair for each key: the version begun and the
version acknowledged, each written by a system call before and after the operation, so that a kill does not touch it.
"""

import os
import random
import struct
import sys

import shoal

KEYS = 5


def payload(number: int, version: int) -> dict:
    size = (1 << 20) if version % 7 == 0 else version * 37 % 3000
    return {"from": number, "version": version, "text": f"Grüße {version}", "pad": bytes([version % 251]) * size}


def main() -> None:
    name, number, seed, diary_path = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    choose = random.Random(seed)
    diary = os.open(diary_path, os.O_RDWR)
    segment = shoal.open(name)
    lock, counter = segment.lock("lock"), segment.counter("count")
    pair = segment.array("pair", (2,), "int64")

    def note(key: int, which: int, version: int) -> None:
        os.pwrite(diary, struct.pack("<Q", version), 16 * key + 8 * which)

    version = 1 + max(struct.unpack(f"<{2 * KEYS}Q", os.pread(diary, 16 * KEYS, 0)))
    while True:
        key, action = choose.randrange(KEYS), choose.randrange(6)
        if action <= 1:
            version += 1
            note(key, 0, version)
            segment[f"{number}/{key}"] = payload(number, version)
            note(key, 1, version)
        elif action == 2:
            note(key, 0, 0)
            if f"{number}/{key}" in segment:
                del segment[f"{number}/{key}"]
            note(key, 1, 0)
        elif action == 3:
            with lock as held:
                if held.recovered:
                    pair[1] = pair[0]
                assert pair[0] == pair[1], "two words under a lock differ, and nobody was told"
                pair[0] += 1
                pair[1] += 1
        elif action == 4:
            counter.add()
        else:
            array = f"array/{number}"
            segment.array(array, (choose.randrange(50_000),), "float64") if array not in segment else segment.__delitem__(array)
        os.pwrite(diary, struct.pack("<Q", version), 16 * KEYS)  # a sign of life


main()
