"""Run the contests and show who won: python compete.py FOLDER [--quick] [group...]"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import rich.console
import rich.markup
import rich.progress
import rich.table

import contests
import contests_messages
import contests_php
from contests import Contest
from report import machine

HERE = pathlib.Path(__file__).resolve().parent
PHP_MODULES = ("sysvshm", "sysvsem", "sysvmsg", "shmop", "ffi", "posix", "igbinary", "redis", "msgpack", "memcached", "apcu", "yac", "swoole")
PHP_SETTINGS = ("apc.enable_cli=1", "apc.shm_size=256M", "yac.enable_cli=1", "ffi.enable=1", "memory_limit=2G")
console = rich.console.Console(width=140)


def php_command(peers: pathlib.Path) -> list[str]:
    """PHP with Shoal and those of its peers that are in `peers` or installed, and nothing else."""
    said = subprocess.run(["php-config", "--extension-dir"], check=True, capture_output=True, text=True).stdout
    folder = pathlib.Path(said.strip())
    found = [next(iter(sorted(place.glob(f"**/{name}.so"))), None) for name in PHP_MODULES for place in (peers, folder)]
    settings = [f"extension={path}" for path in (os.environ["SHOAL_PHP_EXTENSION"], *dict.fromkeys(filter(None, found)))]
    settings += PHP_SETTINGS
    return ["php", "-n", *(word for setting in settings for word in ("-d", setting)), str(HERE / "runner.php")]


@contextlib.contextmanager
def servers(folder: pathlib.Path):
    """A redis and a memcached of our own, on sockets in the folder, if they are installed."""
    started = []
    for name, words in (("redis-server", ["--port", "0", "--unixsocket", "{socket}", "--save", "", "--dir", "{folder}"]),
                        ("memcached", ["-s", "{socket}", "-u", "root", "-m", "256"])):
        if not shutil.which(name):
            continue
        socket = folder / f"{name}.socket"
        os.environ["BENCH_" + name.partition("-")[0].upper()] = str(socket)
        command = [name, *(word.format(socket=socket, folder=folder) for word in words)]
        started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        deadline = time.monotonic() + 10
        while not socket.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
    try:
        yield
    finally:
        for process in started:
            process.terminate()
            process.wait()


def run(contest: Contest, name: str, folder: pathlib.Path, peers: pathlib.Path,
        quick: bool) -> tuple[dict[str, list[float]], dict[str, str]]:
    """Samples of every case, and the reasons of those that could not be run; `name`: what its segments, files, keys begin with."""
    command = php_command(peers) if contest.language == "PHP" else [sys.executable, str(HERE / "runner.py")]
    rounds = (3 if quick else 11) if contest.slow or contest.load else (5 if quick else 31)
    spec = {"name": name, "folder": str(folder), "load": contest.load, "rounds": rounds,
            "milliseconds": (5 if quick else 20) * (5 if contest.load else 1),  # so that everybody has his turns
            "cases": [{**dataclasses.asdict(case), "key": f"{i}", "slow": contest.slow} for i, case in enumerate(contest.cases)]}
    core = None if contest.load else (lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}))
    done = subprocess.run(command, input=json.dumps(spec), text=True, capture_output=True, timeout=600, preexec_fn=core)
    if done.returncode != 0:
        raise SystemExit(f"{contest.language}, {contest.title}: {done.stderr[-2000:]}{done.stdout[-2000:]}")
    answer = json.loads(done.stdout)
    who = [case.who for case in contest.cases]
    return ({who[int(key)]: samples for key, samples in answer["samples"].items()},
            {who[int(key)]: reason for key, reason in answer["missing"].items()})


def pretty(nanoseconds: float) -> str:
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:.3g} {unit}"
    return f"{nanoseconds:.3g} ns"


def rows(contest: Contest, samples: dict[str, list[float]], missing: dict[str, str]):
    floor = statistics.median(samples[contest.cases[-1].who]) if contest.floor else 0
    ours = statistics.median(samples[contest.cases[0].who]) - floor
    for case in contest.cases:
        if case.who in missing:
            yield {"who": case.who, "missing": missing[case.who]}
            continue
        values = sorted(value - (floor if case is not contest.cases[-1] else 0) for value in samples[case.who])
        median = statistics.median(values)
        spread = (values[(len(values) * 3) // 4] - values[len(values) // 4]) / median / 2
        yield {"who": case.who, "median": median, "spread": spread, "ratio": median / ours, "least": case.least,
               "reached": case.least is None or median / ours >= case.least}


def show(contest: Contest, found: list[dict]) -> None:
    table = rich.table.Table(title=rich.markup.escape(f"{contest.language}: {contest.title}"), title_justify="left", min_width=90)
    for column in ("", "median", "± ", "× shoal", "at least", ""):
        table.add_column(column, justify="left" if column == "" else "right", no_wrap=True)
    for row in found:
        if "missing" in row:
            table.add_row(row["who"], "-", "", "", "", row["missing"][:60])
            continue
        least = row["least"]
        table.add_row(row["who"], pretty(row["median"]), f"{100 * row['spread']:.0f} %", f"{row['ratio']:.2f}",
                      "" if least is None else f"{least:g}", "" if least is None else "yes" if row["reached"] else "[red]no[/red]")
    console.print(table)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("groups", nargs="*")
    options = parser.parse_intermixed_args()
    chosen = [contest for contest in contests.contests() + contests_php.contests() + contests_messages.contests()
              if not options.groups or contest.group in options.groups]
    console.print(f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}; without a load of its own a contest runs on one core")
    results = []
    path = options.folder / "contests.json"
    with tempfile.TemporaryDirectory(prefix="shoal-bench-", dir="/dev/shm") as folder, servers(pathlib.Path(folder)):
        os.environ["SHOAL_DIR"] = folder
        for i, contest in enumerate(rich.progress.track(chosen, "contests", console=rich.console.Console(stderr=True))):
            name = f"bench-{os.getpid()}-{i}"
            found = list(rows(contest, *run(contest, name, pathlib.Path(folder), options.folder / "peers", options.quick)))
            results.append({"language": contest.language, "group": contest.group, "title": contest.title, "cases": found})
            show(contest, found)
            said = {"machine": machine(), "quick": options.quick, "contests": results}
            path.write_text(json.dumps(said, indent=1, ensure_ascii=False))
    aims = [row for result in results for row in result["cases"] if row.get("least") is not None]
    print(f"bench: {sum(row['reached'] for row in aims)} of {len(aims)} aims reached, figures in {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
