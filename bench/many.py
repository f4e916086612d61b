"""What one, two and four processes do together, each pinned to a core: python many.py FOLDER [--quick] [word...]

A way is run by one to four processes at the same time, which begin together and do nothing else. Their time is cut into slices
of 20 ms; of each is known what every process did in it and how much processor time it had. Only slices count in which the
processes had the cores that they could have (0.95 of one for each, as far as there are cores): another program on the machine
takes slices away, and does not make a process look slow. The ways take turns, in a new order each round. `word`: only
contests whose title or language has it.

`aims`: by number of processes, how many times as much as this peer Shoal should do at least. `alone`: how many times as much
as one process that many processes should do at least.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

import rich.console
import rich.markup
import rich.table

HERE = pathlib.Path(__file__).resolve().parent
PROCESSES = (1, 2, 4)
SLICE = 20_000_000  # nanoseconds
ENOUGH = 0.95  # of the cores
UNROLLED, ROUNDS = 10, 20


@dataclasses.dataclass(frozen=True)
class Way:
    who: str
    statement: str  # of the language; for C the name of a way of many.c
    setup: str = ""  # once, before the forks
    each: str = ""  # in each process, which is number `which`
    end: str = ""
    cleanup: str = ""
    aims: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Contest:
    title: str
    language: str
    ways: tuple[Way, ...]
    alone: dict = dataclasses.field(default_factory=dict)


# ---- The contests ----

PHP_TEXT = "$text = str_repeat('abcdefghijklmnop', 4);\n"
PHP_KEYS = "$key = []; for ($i = 0; $i < 16; $i++) { $key[] = \"$which-$i\"; }\n"
PHP_KEY = "$key[++$i & 15]"
PHP_TABLE = "$table = new Swoole\\Table(1024); $table->column('text', Swoole\\Table::TYPE_STRING, 64); $table->create();"
PHP_SEGMENT = "$segment = Shoal\\create($NAME, '16M');\n"
PHP_UNLINK = "$segment->unlink();"
PY_TEXT = "text = 'abcdefghijklmnop' * 4\n"
PY_SEGMENT = "import shoal\nsegment = shoal.create(NAME, size='16M')\n"
PY_KEYS = "import itertools\nkeys = itertools.cycle([f'{which}-{i}' for i in range(16)])\n"
PY_UNLINK = "segment.unlink()"
PY_LMDB = """
import lmdb
def start():
    global environment
    environment = lmdb.open(FOLDER + '/' + NAME, map_size=1 << 26, sync=False, metasync=False)
def put(key):
    with environment.begin(write=True) as transaction:
        transaction.put(key.encode(), text.encode())
"""


def sets(between: str = "", more: str = "") -> Contest:
    """`between`: PHP that runs after each set."""
    ours = PHP_TEXT + PHP_SEGMENT
    apart = "$segment = Shoal\\create(\"$NAME-$which\", '16M');\n"
    return Contest(f"set of 64 B, each process its own 16 keys{more}", "PHP", (
        Way("shoal", f"$segment[{PHP_KEY}] = $text; {between}", ours, PHP_KEYS, cleanup=PHP_UNLINK),
        Way("shoal, a segment each", f"$segment[{PHP_KEY}] = $text; {between}", PHP_TEXT, PHP_KEYS + apart, PHP_UNLINK),
        Way("yac", f"$yac->set({PHP_KEY}, $text); {between}", PHP_TEXT + "$yac = new Yac('b');", PHP_KEYS, aims={2: 0.8, 4: 0.8}),
        Way("Swoole\\Table", f"$table->set({PHP_KEY}, ['text' => $text]); {between}", PHP_TEXT + PHP_TABLE, PHP_KEYS,
            aims={2: 1.0, 4: 1.0}),
        Way("apcu_store", f"apcu_store({PHP_KEY}, $text); {between}", PHP_TEXT, PHP_KEYS)), alone={2: 1.6, 4: 1.0})


def values() -> tuple[Contest, ...]:
    return (
        sets(),
        sets("for ($j = 0; $j < 70; $j++);", ", 0.6 µs of PHP between two"),
        Contest("put of 64 B, each process its own 16 keys", "Python", (
            Way("shoal", "segment[next(keys)] = text", PY_TEXT + PY_SEGMENT, PY_KEYS, cleanup=PY_UNLINK),
            Way("shoal, a segment each", "segment[next(keys)] = text", PY_TEXT + "import shoal",
                PY_KEYS + "segment = shoal.create(f'{NAME}-{which}', size='16M')", end=PY_UNLINK),
            Way("lmdb, a transaction each", "put(next(keys))", PY_TEXT + PY_LMDB, PY_KEYS + "start()", aims={1: 1.0, 2: 1.0, 4: 1.0})),
            alone={2: 1.6, 4: 1.0}),
        Contest("put of 64 B, each process its own 16 keys", "C", (Way("shoal", "put"), Way("shoal, a segment each", "put-apart")),
                alone={2: 1.6, 4: 1.0}),
    )


def counters() -> tuple[Contest, ...]:
    atomic = "$atomic = new Swoole\\Atomic();"
    value = "import multiprocessing\nvalue = multiprocessing.get_context('fork').Value('q')"
    return (
        Contest("counter add, all the same", "PHP", (
            Way("shoal", "$counter->add()", PHP_SEGMENT + "$counter = $segment->counter('c');", cleanup=PHP_UNLINK),
            Way("Swoole\\Atomic", "$atomic->add()", atomic, aims={1: 1.0, 2: 1.0}),
            Way("Swoole\\Atomic\\Long", "$atomic->add()", "$atomic = new Swoole\\Atomic\\Long();"),
            Way("apcu_inc", "apcu_inc($NAME)", "apcu_store($NAME, 0);", aims={1: 1.0, 2: 1.0, 4: 1.0}))),
        Contest("counter add, all the same", "Python", (
            Way("shoal", "counter.add()", PY_SEGMENT + "counter = segment.counter('c')", cleanup=PY_UNLINK),
            Way("multiprocessing.Value under its lock", "with value.get_lock(): value.value += 1", value,
                aims={1: 1.0, 2: 1.0, 4: 1.0}))),
        Contest("counter add, all the same", "C", (Way("shoal", "add"), Way("a bare fetch_add", "fetch-add"))),
    )


def locks() -> tuple[Contest, ...]:
    sem = "$semaphore = sem_get(ftok($FOLDER, 'l'), 1, 0600, true);"
    shared = "import multiprocessing\nlock = multiprocessing.get_context('fork').Lock()"
    return (
        Contest("an empty lock pair, all the same", "PHP", (
            Way("shoal", "$lock->acquire(); $lock->release()", PHP_SEGMENT + "$lock = $segment->lock('l');", cleanup=PHP_UNLINK),
            Way("Swoole\\Lock, not robust", "$lock->lock(); $lock->unlock()", "$lock = new Swoole\\Lock(SWOOLE_MUTEX);",
                aims={1: 0.95, 4: 1.0}),
            Way("sem_acquire, sem_release", "sem_acquire($semaphore); sem_release($semaphore)", sem, cleanup="sem_remove($semaphore);",
                aims={1: 1.0, 2: 1.0, 4: 1.0}))),
        Contest("an empty lock pair, all the same", "Python", (
            Way("shoal", "lock.acquire(); lock.release()", PY_SEGMENT + "lock = segment.lock('l')", cleanup=PY_UNLINK),
            Way("multiprocessing.Lock", "lock.acquire(); lock.release()", shared, aims={1: 1.0, 2: 1.0, 4: 1.0}))),
        Contest("an empty lock pair, all the same", "C", (Way("shoal", "lock"), Way("pthread mutex, not robust", "mutex"))),
        Contest("an empty read pair, all the same", "PHP", (
            Way("shoal", "$rwlock->read(); $rwlock->unlock()", PHP_SEGMENT + "$rwlock = $segment->rwlock('r');", cleanup=PHP_UNLINK),
            Way("Swoole\\Lock, RWLOCK", "$lock->lock(LOCK_SH); $lock->unlock()", "$lock = new Swoole\\Lock(SWOOLE_RWLOCK);",
                aims={1: 0.9, 2: 1.0, 4: 1.0}))),
        Contest("an empty read pair, all the same", "C", (Way("shoal", "read"), Way("pthread rwlock", "rdlock"))),
    )


# ---- One process of Python ----


def loop(statement: str, names: dict):
    body = f"        {statement}\n" * UNROLLED
    exec(compile(f"def run():\n    for _ in range({ROUNDS}):\n{body}", statement, "exec"), names)
    return names.pop("run")


def slices(run, start: int, count: int) -> list:
    found = []
    while time.monotonic_ns() < start:
        pass
    for end in range(start + SLICE, start + (count + 1) * SLICE, SLICE):
        began, done = time.process_time_ns(), 0
        while True:
            run()
            done += UNROLLED * ROUNDS
            if time.monotonic_ns() >= end:
                break
        found.append((done, time.process_time_ns() - began))
    return found


def child(way: dict, names: dict, which: int, asks: int, answers: int) -> None:
    os.sched_setaffinity(0, {way["cores"][which]})
    names["which"] = which
    exec(way["each"], names)
    run = loop(way["statement"], names)
    run()
    os.write(answers, b"!")
    found = slices(run, int(os.read(asks, 100)), way["slices"])
    exec(way["end"], names)
    os.write(answers, json.dumps(found).encode())
    os._exit(0)


def run_python() -> None:
    way = json.load(sys.stdin)
    names = {"NAME": way["name"], "FOLDER": way["folder"], "os": os}
    try:
        exec(way["setup"], names)
    except Exception as error:  # a peer that is not installed here
        print(json.dumps({"missing": f"{type(error).__name__}: {error}"}))
        return
    children = []
    for which in range(len(way["cores"])):
        (asked, asks), (answers, answered) = os.pipe(), os.pipe()
        if os.fork() == 0:
            child(way, names, which, asked, answered)
        os.close(answered)
        children.append((asks, answers))
    for _, answers in children:
        os.read(answers, 1)
    start = time.monotonic_ns() + 10_000_000
    for asks, _ in children:
        os.write(asks, str(start).encode())
    found = [json.load(os.fdopen(answers)) for _, answers in children]
    exec(way["cleanup"], names)
    print(json.dumps({"slices": found}))


# ---- All of them ----


def command_of(contest: Contest, way: Way, spec: dict, folder: pathlib.Path) -> list[str]:
    if contest.language == "C":
        return [str(folder / "many"), way.statement, spec["name"], str(SLICE), str(spec["slices"]), *map(str, spec["cores"])]
    if contest.language == "Python":
        return [sys.executable, str(HERE / "many.py"), "--process"]
    from compete import php_command

    return [*php_command(folder / "peers")[:-1], str(HERE / "many.php")]


def run(contest: Contest, way: Way, processes: int, folder: pathlib.Path, scratch: str, quick: bool) -> dict:
    cores = sorted(os.sched_getaffinity(0))
    spec = {**dataclasses.asdict(way), "name": f"many-{os.getpid()}", "folder": scratch, "slice": SLICE,
            "slices": 5 if quick else 25, "cores": [cores[i % len(cores)] for i in range(processes)]}
    done = subprocess.run(command_of(contest, way, spec, folder), input=json.dumps(spec), text=True, capture_output=True, timeout=120)
    if done.returncode or not done.stdout:
        return {"missing": (done.stderr or done.stdout)[-200:].strip() or f"ended by {done.returncode}"}
    return json.loads(done.stdout)


def rates(found: list) -> list[tuple[float, float]]:
    """Of each slice: millions a second of all processes together, and how many cores they had."""
    return [(sum(done for done, _ in parts) * 1e3 / SLICE, sum(took for _, took in parts) / SLICE) for parts in zip(*found)]


def judge(samples: list[tuple[float, float]], processes: int) -> dict:
    could = min(processes, len(os.sched_getaffinity(0)))
    good = [rate for rate, cores in samples if cores >= ENOUGH * could]
    rated = sorted(good or [rate for rate, _ in samples])
    return {"rate": statistics.median(rated), "spread": (rated[len(rated) * 3 // 4] - rated[len(rated) // 4]) / 2,
            "cores": statistics.median(cores for _, cores in samples), "slices": len(samples), "good": len(good)}


def hold(contest: Contest, folder: pathlib.Path, quick: bool) -> list[dict]:
    samples: dict = {}
    missing: dict = {}
    with tempfile.TemporaryDirectory(prefix="shoal-bench-", dir="/dev/shm") as scratch:
        os.environ["SHOAL_DIR"] = scratch
        for _ in range(1 if quick else 5):
            turns = [(way, processes) for way in contest.ways for processes in PROCESSES]
            for way, processes in random.sample(turns, len(turns)):
                answer = run(contest, way, processes, folder, scratch, quick) if way.who not in missing else {}
                if "missing" in answer:
                    missing[way.who] = answer["missing"]
                samples.setdefault((way.who, processes), []).extend(rates(answer.get("slices", [])))
    if contest.ways[0].who in missing:
        raise SystemExit(f"{contest.language}, {contest.title}: {missing[contest.ways[0].who]}")
    return [{"who": way.who, "missing": missing[way.who]} if way.who in missing else
            {"who": way.who, "by processes": {str(processes): judge(samples[way.who, processes], processes) for processes in PROCESSES}}
            for way in contest.ways]


def cells(contest: Contest, way: Way, row: dict, ours: dict) -> list[str]:
    found = []
    for processes in map(str, PROCESSES):
        is_, our = row["by processes"][processes], ours["by processes"][processes]
        ratio, aim = our["rate"] / is_["rate"], way.aims.get(int(processes))
        if row is ours:
            ratio, aim = our["rate"] / ours["by processes"]["1"]["rate"], contest.alone.get(int(processes))
        mark = "" if aim is None else " yes" if ratio >= aim else f" [red]no, {aim:g}[/red]"
        found += [f"{is_['rate']:.2f} ± {is_['spread']:.2f}", f"{ratio:.2f}{mark}", f"{is_['cores']:.2f}" + ("" if is_["good"] else " !")]
    return found


def show(console, contest: Contest, found: list[dict]) -> None:
    title = rich.markup.escape(f"{contest.language}: {contest.title}, millions a second of all together")
    table = rich.table.Table(title=title, title_justify="left")
    table.add_column("", no_wrap=True)
    for processes in PROCESSES:
        for column in (f"{processes} process{'es' if processes > 1 else ''}", "×", "cores"):
            table.add_column(column, justify="right", no_wrap=True)
    for way, row in zip(contest.ways, found):
        words = [row["missing"][:60]] if "missing" in row else cells(contest, way, row, found[0])
        table.add_row(rich.markup.escape(way.who), *words)
    console.print(table)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("words", nargs="*")
    options = parser.parse_intermixed_args()
    from report import machine

    console = rich.console.Console(width=160)
    cores = len(os.sched_getaffinity(0))
    console.print(f"{cores} cores, and so many processes on one as come on it. ×: of Shoal's first way how many times as much as one process "
                  "does, of the others how many times as much as they Shoal does. cores: that they had, of those that they could have; "
                  "!: never enough of them, so the figures are of a busy machine.")
    results = []
    for contest in values() + counters() + locks():
        if all(word.lower() in f"{contest.language}: {contest.title}".lower() for word in options.words):
            found = hold(contest, options.folder, options.quick)
            show(console, contest, found)
            results.append({"language": contest.language, "title": contest.title, "ways": found})
            (options.folder / "many.json").write_text(json.dumps({"machine": machine(), "contests": results}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(run_python() if sys.argv[1:] == ["--process"] else main())
