"""Instructions of the hot paths, which are the same on each run: python instructions.py [--record] [--library LIBSHOAL.SO]

Valgrind's callgrind counts what a program executes with N calls and with a few times N; the difference is what the calls take.
`ours` is what is executed in Shoal's code (libshoal, or the extension), `all` is everything: the interpreter's loop, libc.
Compared with instructions.json: `ours` may not grow by more than TOLERANCE. `--record` writes the file anew.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import rich.console
import rich.table

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
BUILD = pathlib.Path(os.environ.get("SHOAL_BUILD", ROOT / "build"))
RECORD = HERE / "instructions.json"
TOLERANCE = 0.10  # another compiler's code differs by about so much
FEW, MANY = 500, 4500
TEXT = "abcdefghijklmnop" * 4
SETUP = {
    "Python": "import shoal, os; segment = shoal.create(None, size='1M'); lock = segment.lock('lock'); counter = segment.counter('counter');"
              f"segment['text'] = text = '{TEXT}'; array = segment.array('array', (16,), 'float64');"
              "nested = {f'key {i}': [i, i * 0.5, 'text', True] for i in range(25)}; segment['nested'] = nested; empty = [];"
              "queue = segment.queue('queue', '64K'); jobs = segment.job_queue('jobs', '64K'); raw = text.encode(); raws = [raw] * 100;"
              "channel = segment.channel('channel', (64,), 'uint8', slots=4);\nwith channel.write(): pass\n",
    "PHP": "$segment = Shoal\\create(null, '1M'); $lock = $segment->lock('lock'); $counter = $segment->counter('counter');"
           f"$segment['text'] = $text = '{TEXT}'; $array = $segment->array('array', [16], 'float64');"
           "$nested = []; for ($i = 0; $i < 25; $i++) $nested[\"key $i\"] = [$i, $i * 0.5, 'text', true]; $segment['nested'] = $nested;"
           "$empty = new SplDoublyLinkedList; $nothing = static fn () => null;"
           "$queue = $segment->queue('queue', '64K'); $jobs = $segment->jobQueue('jobs', '64K'); $texts = array_fill(0, 100, $text);"
           "$channel = $segment->channel('channel', [64], 'uint8', 4); $fill = static function ($frame) {}; $channel->write($fill);",
}
CALLS = {
    "an empty method": {"Python": "empty.clear()", "PHP": "$empty->count();"},
    "lock: acquire, release": {"C": "lock", "Python": "lock.acquire(); lock.release()", "PHP": "$lock->acquire(); $lock->release();"},
    "with lock": {"Python": "with lock: pass"},
    "lock: synchronized": {"PHP": "$lock->synchronized($nothing);"},
    "counter.add()": {"C": "add", "Python": "counter.add()", "PHP": "$counter->add();"},
    "get a string of 64 bytes": {"C": "get", "Python": "segment['text']", "PHP": "$segment['text'];"},
    "put a string of 64 bytes": {"C": "put", "Python": "segment['text'] = text", "PHP": "$segment['text'] = $text;"},
    "get 100 leaves": {"Python": "segment['nested']", "PHP": "$segment['nested'];"},
    "put 100 leaves": {"Python": "segment['nested'] = nested", "PHP": "$segment['nested'] = $nested;"},
    "array[i], read": {"Python": "array[3]", "PHP": "$array[3];"},
    "array[i], write": {"Python": "array[3] = 2.5", "PHP": "$array[3] = 2.5;"},
    "queue: put, get 64 bytes": {"C": "queue", "Python": "queue.put(raw); queue.get()", "PHP": "$queue->put($text); $queue->get();"},
    "queue: put, get 100 of 64 bytes": {"C": "queue-many", "Python": "queue.put_many(raws); queue.get_many(100)",
                                        "PHP": "$queue->putMany($texts); $queue->getMany(100);"},
    "job: put, take, done": {"C": "job", "Python": "jobs.put(raw); jobs.take().done()", "PHP": "$jobs->put($text); $jobs->take()->done();"},
    "channel: write a frame": {"C": "write", "Python": "with channel.write(): pass", "PHP": "$channel->write($fill);"},
    "channel: read a frame": {"C": "read", "Python": "channel.read()", "PHP": "$channel->read();"},
    "open an array by name": {"C": "open", "Python": "segment.array('array')", "PHP": "$segment->array('array');"},
}


def program(language: str, call: str, times: int, folder: pathlib.Path) -> list[str]:
    if language == "C":
        return [str(folder / "calls"), call, str(times)]
    if language == "Python":
        return [sys.executable, "-X", "frozen_modules=on", "-c", f"{SETUP['Python']}\nfor i in range({times}):\n    {call}"]
    code = f"{SETUP['PHP']} for ($i = 0; $i < {times}; $i++) {{ {call} }}"
    return ["php", "-n", "-d", f"extension={os.environ.get('SHOAL_PHP_EXTENSION', BUILD / 'php/modules/shoal.so')}", "-r", code]


def totals(path: pathlib.Path) -> tuple[int, int]:
    """What was executed in Shoal's files, and in all, by callgrind's account: self cost by object."""
    ours = everything = 0
    names: dict[str, str] = {}
    here, skip = "", False
    for line in path.read_text().splitlines():
        if skip:
            skip = False  # a call's own line has its inclusive cost
        elif match := re.match(r"(c?ob)=\((\d+)\)(?: (.*))?", line):
            if match[3]:
                names[match[2]] = match[3]
            if match[1] == "ob":
                here = names[match[2]]
        elif line.startswith("calls="):
            skip = True
        elif re.match(r"[+\-*\d]\S* \d+$", line):
            cost = int(line.rpartition(" ")[2])
            everything += cost
            ours += cost if "shoal" in pathlib.Path(here).name else 0
    return ours, everything


def count(language: str, call: str, times: int, folder: pathlib.Path) -> tuple[int, int]:
    out = pathlib.Path(tempfile.mkstemp(dir=folder)[1])
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *program(language, call, times, folder)]
    environment = {**os.environ, "PYTHONHASHSEED": "0", "USE_ZEND_ALLOC": "1"}
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stdout}")
    return totals(out)


def measure(folder: pathlib.Path, library: pathlib.Path) -> dict[str, dict[str, dict[str, float]]]:
    subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", f"-I{ROOT}/core/include", HERE / "instructions.c",
                    f"-L{library.parent}", "-lshoal", f"-Wl,-rpath,{library.parent}", "-o", folder / "calls"], check=True)
    jobs = {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for title, ways in CALLS.items():
            for language, call in ways.items():
                jobs[language, title] = [pool.submit(count, language, call, times, folder) for times in (FEW, MANY)]
    found: dict[str, dict[str, dict[str, float]]] = {}
    for (language, title), (few, many) in jobs.items():
        ours, everything = ((after - before) / (MANY - FEW) for before, after in zip(few.result(), many.result()))
        found.setdefault(language, {})[title] = {"ours": round(ours, 1), "all": round(everything, 1)}
    return found


def grown(found: dict, recorded: dict) -> list[str]:
    """What takes more than was recorded, each with a sentence."""
    return [f"{language}: {title}: {now['ours']:.0f} instructions of ours instead of {recorded[language][title]['ours']:.0f}"
            for language, titles in found.items() for title, now in titles.items()
            if title in recorded.get(language, {}) and now["ours"] > recorded[language][title]["ours"] * (1 + TOLERANCE) + 3]


def show(found: dict, recorded: dict) -> None:
    table = rich.table.Table(title="Instructions of a call: in Shoal's code, and in all; in brackets what was recorded")
    table.add_column("", no_wrap=True)
    for language in found:
        table.add_column(language, justify="right", no_wrap=True)
    for title in CALLS:
        row = [title.replace("[", "\\[")]
        for language, titles in found.items():
            now, before = titles.get(title), recorded.get(language, {}).get(title)
            row.append(f"{now['ours']:.0f} / {now['all']:.0f}" + (f" ({before['ours']:.0f})" if before else "") if now else "")
        table.add_row(*row)
    rich.console.Console(width=140).print(table)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--library", type=pathlib.Path, default=BUILD / "core/libshoal.so")
    options = parser.parse_args()
    recorded = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        found = measure(pathlib.Path(folder), options.library.resolve())
    show(found, recorded)
    if options.record:
        RECORD.write_text(json.dumps(found, indent=1) + "\n")
        return 0
    worse = grown(found, recorded)
    print("\n".join(worse) or "no path takes more than was recorded")
    return bool(worse)


if __name__ == "__main__":
    sys.exit(main())
