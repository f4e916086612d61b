"""PHP orders reports, Python workers make them, one worker is killed: python run.py [REPORTS]"""

import os
import pathlib
import signal
import subprocess
import sys
import time

import numpy as np
from worker import make_report

import shoal

HERE = pathlib.Path(__file__).resolve().parent
PHP = [os.environ.get("PHP", "php"), *(["-d", f"extension={os.environ['SHOAL_PHP_EXTENSION']}"]
                                       if "SHOAL_PHP_EXTENSION" in os.environ else [])]
PATIENCE = 60.0
PROCESSES = 3
SHOPS = ["Aachen", "Bergen", "Cádiz", "Dublin"]


def need(condition: bool, text: str) -> None:
    if not condition:
        sys.exit(f"jobs: FAILED: {text}")


def fill(segment: shoal.Segment) -> np.ndarray:
    """What each shop sold on each day of two years: a table in shared memory, which the workers read without a copy."""
    sales = segment.array("sales", (len(SHOPS), 730), "float64")
    days = np.arange(730)
    season = 100 + 30 * np.sin(2 * np.pi * days / 365.25) + np.array([[0], [10], [25], [40]])
    sales[...] = np.random.default_rng(2).gamma(8, season / 8)
    segment["shops"] = SHOPS
    return np.asarray(sales)


def page(segment: shoal.Segment, *arguments: str) -> str:
    return subprocess.run([*PHP, str(HERE / "page.php"), segment.name, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def kill_a_worker(segment: shoal.Segment) -> int:
    """Whoever has a job in its hands just now."""
    ready = segment.counter("reports ready")
    need(ready.value > 0 or ready.wait(0, timeout=PATIENCE), "no report was made")
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for found in segment.info().locks:
            if found.name == "reports" and found.holders:
                os.kill(found.holders[0].pid, signal.SIGKILL)
                return found.holders[0].pid
    sys.exit("jobs: FAILED: nobody has a job")


def compare(segment: shoal.Segment, sales: np.ndarray, count: int) -> None:
    for number in range(1, count + 1):
        shop, days = number % len(SHOPS), 7 + number
        expected = {"shop": SHOPS[shop], **make_report(sales[shop], number, days)}
        need(segment[f"report {number}"] == expected, f"report {number} is wrong")


def run(segment: shoal.Segment, count: int) -> None:
    sales = fill(segment)
    reports = segment.job_queue("reports", attempts=3)
    workers = subprocess.Popen([sys.executable, str(HERE / "worker.py"), segment.name, str(PROCESSES)], stdin=subprocess.DEVNULL)
    print(page(segment, "order", str(count)), end="")
    print(f"worker {kill_a_worker(segment)} was killed with a job in its hands")
    need(reports.join(timeout=PATIENCE), "the reports were not made in time")
    reports.shutdown()
    need(workers.wait(PATIENCE) == 0, "the workers failed")
    print(page(segment, "show"), end="")
    worked = segment["worked"]
    need(worked["died"] == 1 and worked["dead"] == 0 and reports.dead == [], f"the workers say {worked}")
    compare(segment, sales, count)
    print(f"{count} reports, equal to what numpy alone computes; {worked['died']} worker died, and its job was done by another")


def main(count: int) -> None:
    name = f"jobs-{os.getpid()}"
    try:
        with shoal.create(name, "8M") as segment:
            run(segment, count)
            need(segment.check() == [], f"check() found {segment.check()}")
    finally:
        shoal.unlink(name)
    print("jobs: ok")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
