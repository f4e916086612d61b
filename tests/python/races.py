"""Kinds of use by many threads at once, each in a process of its own: races.py KIND [--seconds S] [--threads N]; --list.

A kind is a generator: it yields what each thread does over and over, called with the thread's number, and looks at what
came of it when they have ended. tests/python/test_races.py runs all of them, with the GIL and without it.
"""

import argparse
import os
import sys
import threading
import time
import traceback

import races_of_objects as races_of_objects
import races_of_values as races_of_values
from race_kinds import KINDS

import shoal


def race(name, threads, seconds):
    """The exceptions of one run; where threads go through it together, all end after the same round."""
    failures, rounds = [], [0] * threads
    segment = shoal.create(f"race-{name}-{os.getpid()}-{threading.get_native_id()}", "64M")
    generator = KINDS[name](segment, threads)
    work, begin, over = next(generator), threading.Barrier(threads), threading.Event()
    together = threading.Barrier(threads) if getattr(work, "together", False) else None

    def run(i):
        try:
            begin.wait()
            deadline = time.monotonic() + seconds
            while not (over.is_set() and rounds[i]):
                work(i)
                rounds[i] += 1
                if time.monotonic() >= deadline and (together is None or i == 0):
                    over.set()
                if together:
                    together.wait()
        except BaseException:
            failures.append(traceback.format_exc())
            over.set()
            if together:
                together.abort()

    workers = [threading.Thread(target=run, args=(i,)) for i in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    try:
        if not failures and next(generator, None) is not None:
            failures.append("it goes on")
        if not failures and segment.check() != []:
            failures.append(f"{segment.check()}")
    except BaseException:
        failures.append(traceback.format_exc())
    segment.unlink()
    return failures, rounds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", nargs="?", choices=sorted(KINDS))
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=8)
    options = parser.parse_args()
    if options.list:
        print(*KINDS)
        return 0
    sys.setswitchinterval(1e-5)
    gil = getattr(sys, "_is_gil_enabled", lambda: True)
    before = gil()
    failures, rounds = race(options.kind, options.threads, options.seconds)
    print(*failures, sep="\n", file=sys.stderr)
    print(f"{options.kind}: {sum(rounds)} rounds, GIL {'on' if gil() else 'off'}, {len(failures)} failures")
    return 1 if failures or gil() != before else 0


if __name__ == "__main__":
    sys.exit(main())
