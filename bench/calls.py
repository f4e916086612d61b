"""Time Shoal's calls from Python with pyperf: python calls.py SEGMENT -o FILE [pyperf's options]"""

import os

import numpy as np
import pyperf

import shoal

SMALL, LARGE = "small", "large"  # two more segments, of 1 MiB and 8 GiB, named after the first


def main() -> None:
    runner = pyperf.Runner(add_cmdline_args=lambda command, options: command.append(options.segment))
    runner.argparser.add_argument("segment")
    options = runner.parse_args()
    segment = shoal.open(options.segment)
    empty, array, view = [], segment["array"], np.asarray(segment["array"])
    names = {
        "segment": segment, "empty": empty, "array": array, "view": view, "lock": segment.lock("lock"),
        "counter": segment.counter("counter"), "shoal": shoal, "np": np,
        "rwlock": segment.rwlock("rwlock"), "reads": segment.rwlock("rwlock").read(), "writes": segment.rwlock("rwlock").write(),
        "semaphore": segment.semaphore("semaphore", 4), "signal": segment.semaphore("signal", 1, bounded=False),
        "event": segment.event("event"), "condition": segment.condition("condition", segment.lock("guard")),
        "small": f"{options.segment}-{SMALL}", "large": f"{options.segment}-{LARGE}",
    }
    for name, statement in (
        ("empty method call", "empty.clear()"),
        ("lock acquire + release", "lock.acquire(); lock.release()"),
        ("rwlock read + unlock", "reads.acquire(); reads.release()"),
        ("rwlock write + unlock", "writes.acquire(); writes.release()"),
        ("semaphore acquire + release", "semaphore.acquire(); semaphore.release()"),
        ("semaphore as a signal", "signal.acquire(); signal.release()"),
        ("event set + clear", "event.set(); event.clear()"),
        ("lock, notify nobody, unlock", "condition.acquire(); condition.notify(); condition.release()"),
        ("counter.add()", "counter.add()"),
        ("array[i], read", "array[3]"),
        ("array[i], write", "array[3] = 2.5"),
        ("get a 64-byte string", "segment['text']"),
        ("put a 64-byte string", "segment['text'] = 'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl'"),
        ("open an array by name", "segment.array('other')"),
        ("attach + detach, 1 MiB ceiling", "shoal.open(small).close()"),
        ("attach + detach, 8 GiB ceiling", "shoal.open(large).close()"),
        ("numpy view of a 1 GiB array", "np.asarray(segment.array('big'))"),
    ):
        runner.timeit(name, statement, globals=names, duplicate=10)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONHASHSEED", "0")
    main()
