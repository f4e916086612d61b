"""rounds.py ROUNDS: what rounds.c does, through the Python module. Prints the state before and after as JSON."""

import json
import os
import sys

import shoal


def look(segment):
    with open("/proc/self/status") as status:
        resident = next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))
    with open("/proc/self/maps") as maps:
        return [segment.used, resident, len(maps.readlines()), len(os.listdir("/proc/self/fd"))]


def one_round(segment, i):
    name = f"object {i % 100}"
    if i % 4 == 0:
        segment.counter(name, i).add()
    elif i % 4 == 1:
        with segment.lock(name):
            pass
    elif i % 4 == 2:
        memoryview(segment.array(name, (i % 7, 11), "float32"))
    else:
        segment[name] = {"list": [i, None, "text"], "bytes": b"x" * (i % 3000)}
        segment[name]
    del segment[name]
    if i % 1000 == 0:
        with shoal.create() as other:
            other["k"] = "v"


def main():
    with shoal.create() as segment:
        for i in range(4000):
            one_round(segment, i)
        before = look(segment)
        for i in range(int(sys.argv[1])):
            one_round(segment, i)
        print(json.dumps([before, look(segment), segment.check()]))


main()
