"""Messages from process to process: python flows.py FOLDER [--quick] [word...]

Producers put 64 bytes again and again, consumers get them; each process is pinned to a core: the consumers have the last one,
the producers the others. A run lasts half a second, from when a consumer has got a few; counted is what the consumers have got. The ways
take turns, in a new order each round, so that what else the machine does meets all of them; the table has the median and the most
of all runs, and how much of its time a consumer was ready and had no core: more than a few hundredths are the work of other
programs (or of other consumers: they share a core). `word`: only contests whose title or language has it.

`least`: how many times as much as this peer Shoal should do, at least. After a run everybody is killed: of those that we are
compared with some do not outlive that, so each run makes its queue anew.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import pathlib
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import rich.console
import rich.markup
import rich.table

from contests_messages import FASTER_FIFO, MP_QUEUE, RAW, REDIS, SIMPLE_QUEUE
from contests_php import REDIS as PHP_REDIS
from contests_php import SEGMENT as PHP_SEGMENT
from many import PY_SEGMENT

HERE = pathlib.Path(__file__).resolve().parent
SECONDS = 0.5  # of a run
ROUNDS = 20  # messages, or batches, between two looks at the clock


@dataclasses.dataclass(frozen=True)
class Way:
    who: str
    put: str
    get: str
    setup: str = ""  # once, before the forks
    each: str = ""  # in each process
    end: str = ""  # once, when all are gone; of PHP
    least: float | None = None


@dataclasses.dataclass(frozen=True)
class Contest:
    title: str
    language: str
    producers: int
    consumers: int
    ways: tuple[Way, ...]
    batch: int = 1  # messages of one put or get


# ---- The contests ----

RAW64 = RAW.format(4)
QUEUE = RAW64 + PY_SEGMENT.replace("16M", "64M") + "queue = segment.queue('queue')\n"
JOBS = RAW64 + PY_SEGMENT.replace("16M", "64M") + "queue = segment.job_queue('jobs')\n"
PHP_RAW64 = "$raw = str_repeat('abcdefghijklmnop', 4);\n"
PHP_QUEUE = PHP_RAW64 + PHP_SEGMENT.format(size="64M") + "$queue = $segment->queue('queue');"
SYSV_END = "msg_remove_queue($queue);"
SYSV = PHP_RAW64 + "$queue = msg_get_queue(ftok($FOLDER, 'q'), 0600);"


def python(producers: int, consumers: int, least: float | None) -> Contest:
    """Only against multiprocessing.Queue there is an aim: the others have one within a process."""
    return Contest(f"{producers} to {consumers}, 64 bytes", "Python", producers, consumers, (
        Way("shoal", "queue.put(raw)", "queue.get()", QUEUE),
        Way("multiprocessing.Queue", "queue.put(raw)", "queue.get()", RAW64 + MP_QUEUE, least=least),
        Way("multiprocessing.SimpleQueue", "queue.put(raw)", "queue.get()", RAW64 + SIMPLE_QUEUE),
        Way("faster-fifo", "queue.put(raw, timeout=60)", "queue.get(timeout=60)", RAW64 + FASTER_FIFO.format(1 << 20)),
        Way("redis, LPUSH, BRPOP", "client.lpush(NAME, raw)", "client.brpop(NAME)", RAW64, REDIS)))


def contests() -> tuple[Contest, ...]:
    php_get = "$queue->get()"
    return (
        python(1, 1, 20.0),
        python(4, 1, 20.0),
        python(1, 4, None),
        Contest("1 to 1, 64 bytes, in hundreds", "Python", 1, 1, (
            Way("shoal", "queue.put_many(raws)", "queue.get_many(100)", QUEUE + "raws = [raw] * 100"),
            Way("faster-fifo", "queue.put_many(raws, timeout=60)", "queue.get_many(max_messages_to_get=100, timeout=60)",
                RAW64 + FASTER_FIFO.format(1 << 20) + "raws = [raw] * 100", least=30.0)), batch=100),
        Contest("1 to 1, jobs of 64 bytes", "Python", 1, 1, (
            Way("shoal", "queue.put(raw)", "queue.take().done()", JOBS),
            Way("redis, LPUSH, BLMOVE, LREM", "client.lpush(NAME, raw)",
                "client.blmove(NAME, NAME + '-taken', 0, 'RIGHT', 'LEFT'); client.lrem(NAME + '-taken', 1, raw)", RAW64,
                REDIS, least=50.0))),
        Contest("4 to 1, jobs of 64 bytes", "Python", 4, 1, (Way("shoal", "queue.put(raw)", "queue.take().done()", JOBS),)),
        Contest("1 to 1, 64 bytes", "PHP", 1, 1, (
            Way("shoal", "$queue->put($raw)", php_get, PHP_QUEUE),
            Way("msg_send, msg_receive", "msg_send($queue, 1, $raw, false, true)", "msg_receive($queue, 1, $type, 64, $got, false)",
                SYSV, end=SYSV_END, least=3.0),
            Way("redis, LPUSH, BRPOP", "$redis->lPush($NAME, $raw)", "$redis->brPop($NAME, 0)", PHP_RAW64, PHP_REDIS))),
        Contest("4 to 1, 64 bytes", "PHP", 4, 1, (
            Way("shoal", "$queue->put($raw)", php_get, PHP_QUEUE),
            Way("msg_send, msg_receive", "msg_send($queue, 1, $raw, false, true)", "msg_receive($queue, 1, $type, 64, $got, false)",
                SYSV, end=SYSV_END))),
    )


# ---- The processes of one way, in Python; flows.php does the same ----


def for_ever(statement: str, names: dict):
    exec(compile(f"def run():\n    while True: {statement}\n", statement, "exec"), names)
    return names.pop("run")


def some(statement: str, batch: int, names: dict):
    """A function that gets a few times, and returns how many messages that were."""
    body = f"{statement}; count += 1" if batch == 1 else f"count += len({statement})"
    exec(compile(f"def run():\n    count = 0\n    for _ in range({ROUNDS}): {body}\n    return count\n", statement, "exec"), names)
    return names.pop("run")


def waited() -> int:
    """Nanoseconds that this process was ready to run and had no core."""
    return int(pathlib.Path("/proc/self/schedstat").read_text().split()[1])


def consume(run, seconds: float) -> tuple[float, float]:
    """How many messages a second, and the part of the time that we had no core."""
    for _ in range(10):
        run()
    start, before, done = time.monotonic(), waited(), 0
    while (took := time.monotonic() - start) < seconds:
        done += run()
    return done / took, (waited() - before) / took / 1e9


def run_python() -> None:
    way = json.load(sys.stdin)
    names = {"NAME": way["name"], "FOLDER": way["folder"], "os": os}
    try:
        exec(way["setup"], names)
        exec(way["each"], dict(names))  # of a peer whose server is missing
    except Exception as error:
        print(json.dumps({"missing": f"{type(error).__name__}: {error}"}))
        return
    producers, answers = [], []
    for core in way["producer cores"]:
        if (pid := os.fork()) == 0:
            os.sched_setaffinity(0, {core})
            exec(way["each"], names)
            for_ever(way["put"], names)()
        producers.append(pid)
    for core in way["consumer cores"]:
        answer, answered = os.pipe()
        if os.fork() == 0:
            os.sched_setaffinity(0, {core})
            exec(way["each"], names)
            os.write(answered, json.dumps(consume(some(way["get"], way["batch"], names), way["seconds"])).encode())
            os._exit(0)
        os.close(answered)
        answers.append(answer)
    found = [json.load(os.fdopen(answer)) for answer in answers]
    for pid in producers:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    print(json.dumps({"consumers": found}), flush=True)
    os._exit(0)  # no queue of multiprocessing waits for its thread


# ---- All of them ----


def run(contest: Contest, way: Way, folder: pathlib.Path, scratch: str, number: int, quick: bool) -> dict:
    cores = sorted(os.sched_getaffinity(0))
    others = cores[:-1] or cores
    spec = {**dataclasses.asdict(way), "name": f"flows-{os.getpid()}-{number}", "folder": scratch, "seconds": SECONDS / 5 if quick else SECONDS, "batch": contest.batch,
            "producer cores": [others[i % len(others)] for i in range(contest.producers)],
            "consumer cores": [cores[-1]] * contest.consumers}
    if contest.language == "Python":
        command = [sys.executable, str(HERE / "flows.py"), "--process"]
    else:
        from compete import php_command

        command = [*php_command(folder / "peers")[:-1], str(HERE / "flows.php")]
    try:
        done = subprocess.run(command, input=json.dumps(spec), text=True, capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        return {"missing": "nothing came through in a minute"}
    finally:
        remove(spec["name"])
    if done.returncode or not done.stdout:
        return {"missing": (done.stderr or done.stdout)[-200:].strip() or f"ended by {done.returncode}"}
    return json.loads(done.stdout)


def remove(name: str) -> None:
    import shoal

    try:
        shoal.unlink(name)
    except shoal.NotFound:
        pass  # a peer's run


def judge(samples: list[tuple[float, float]]) -> dict:
    rates = sorted(rate for rate, _ in samples)
    return {"rate": statistics.median(rates), "spread": (rates[len(rates) * 3 // 4] - rates[len(rates) // 4]) / 2, "most": rates[-1],
            "waited": statistics.median(wait for _, wait in samples)}


def hold(contest: Contest, folder: pathlib.Path, scratch: str, quick: bool) -> list[dict]:
    samples: dict = {way.who: [] for way in contest.ways}
    missing: dict = {}
    for turn in range(1 if quick else 7):
        for way in random.sample(contest.ways, len(contest.ways)):
            if way.who in missing:
                continue
            answer = run(contest, way, folder, scratch, turn, quick)
            if "missing" in answer:
                missing[way.who] = answer["missing"]
            else:
                consumers = answer["consumers"]
                samples[way.who].append((sum(rate for rate, _ in consumers), max(wait for _, wait in consumers)))
    if contest.ways[0].who in missing:
        raise SystemExit(f"{contest.language}, {contest.title}: {missing[contest.ways[0].who]}")
    found: list[dict] = []
    for way in contest.ways:
        if way.who in missing:
            found.append({"who": way.who, "missing": missing[way.who]})
            continue
        row = {"who": way.who, **judge(samples[way.who]), "least": way.least}
        row["ratio"] = (found[0] if found else row)["rate"] / row["rate"]
        row["reached"] = way.least is None or row["ratio"] >= way.least
        found.append(row)
    return found


def pretty(rate: float) -> str:
    return f"{rate / 1e6:.2f} M/s" if rate >= 1e6 else f"{rate / 1e3:.3g} k/s"


def show(console, contest: Contest, found: list[dict]) -> None:
    table = rich.table.Table(title=rich.markup.escape(f"{contest.language}: {contest.title}"), title_justify="left", min_width=90)
    for column in ("", "messages", "± ", "most", "no core", "shoal ×", "at least", ""):
        table.add_column(column, justify="left" if column == "" else "right", no_wrap=True)
    for row in found:
        if "missing" in row:
            table.add_row(row["who"], "-", "", "", "", "", "", row["missing"][:60])
            continue
        least = row["least"]
        table.add_row(row["who"], pretty(row["rate"]), pretty(row["spread"]), pretty(row["most"]), f"{100 * row['waited']:.0f} %",
                      f"{row['ratio']:.2f}", "" if least is None else f"{least:g}",
                      "" if least is None else "yes" if row["reached"] else "[red]no[/red]")
    console.print(table)


def compare(console, results: list[dict]) -> None:
    """Four producers should not do less than one."""
    ours = {(result["language"], result["title"]): result["ways"][0]["rate"] for result in results}
    for (language, title), rate in ours.items():
        one = ours.get((language, title.replace("4 to 1", "1 to 1")))
        if title.startswith("4 to 1") and one:
            console.print(f"{language}: {title}: {rate / one:.2f} times 1 to 1 (wanted: 1)")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("words", nargs="*")
    options = parser.parse_intermixed_args()
    from compete import servers
    from report import machine

    console = rich.console.Console(width=140)
    console.print(f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}. no core: the part of its time that a consumer was ready and had none")
    results = []
    with tempfile.TemporaryDirectory(prefix="shoal-bench-", dir="/dev/shm") as scratch, servers(pathlib.Path(scratch)):
        os.environ["SHOAL_DIR"] = scratch
        for contest in contests():
            if all(word.lower() in f"{contest.language}: {contest.title}".lower() for word in options.words):
                found = hold(contest, options.folder, scratch, options.quick)
                show(console, contest, found)
                results.append({"language": contest.language, "title": contest.title, "ways": found})
                said = {"machine": machine(), "quick": options.quick, "contests": results}
                (options.folder / "flows.json").write_text(json.dumps(said, indent=1, ensure_ascii=False))
    compare(console, results)
    return 0


if __name__ == "__main__":
    sys.exit(run_python() if sys.argv[1:] == ["--process"] else main())
