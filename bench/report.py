"""Run the three programs and show their medians side by side: python report.py FOLDER [--quick]"""

import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys

import numpy as np
import pyperf
import rich.console
import rich.markup
import rich.table

import shoal

HERE = pathlib.Path(__file__).resolve().parent
TEXT = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl"
AIMS = {
    "lock acquire + release": "3 × empty", "counter.add()": "3 × empty", "array[i], read": "3 × empty",
    "rwlock read + unlock": "3 × empty", "rwlock write + unlock": "3 × empty", "semaphore acquire + release": "3 × empty",
    "array[i], write": "3 × empty", "get a 64-byte string": "300 ns PHP, 400 ns Python", "open an array by name": "2 µs",
    "attach + detach, 1 MiB ceiling": "60 µs", "attach + detach, 8 GiB ceiling": "60 µs",
}


def prepare(name: str) -> shoal.Segment:
    segment = shoal.create(name, size="2G")
    segment.array("array", (16,), "float64")
    segment.array("other", (16,), "float64")
    np.asarray(segment.array("big", (1 << 27,), "float64"))[-1] = 1
    segment["text"] = TEXT
    for suffix, size in (("small", "1M"), ("large", "8G")):
        shoal.create(f"{name}-{suffix}", size=size).close()
    return segment


def python_figures(name: str, folder: pathlib.Path, quick: bool) -> dict:
    out = folder / "python.json"
    out.unlink(missing_ok=True)
    pace = ["-p", "3", "-n", "3", "-w", "1"] if quick else ["--fast"]
    subprocess.run([sys.executable, HERE / "calls.py", name, "-o", out, "--quiet", "--inherit-environ", "SHOAL_DIR", *pace],
                   check=True, stdout=sys.stderr)
    return {benchmark.get_name(): [1e9 * value for value in benchmark.get_values()]
            for benchmark in pyperf.BenchmarkSuite.load(str(out))}


def figures_of(command: list) -> dict:
    return json.loads(subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE).stdout)


def measure(folder: pathlib.Path, quick: bool) -> dict:
    name, repetitions = f"bench-{os.getpid()}", 5 if quick else 31
    php = ["php", "-n", "-d", f"extension={os.environ['SHOAL_PHP_EXTENSION']}", HERE / "calls.php"]
    segment = prepare(name)
    try:
        return {
            "C": figures_of([folder / "calls", name, repetitions]),
            "Python": python_figures(name, folder, quick),
            "PHP": figures_of([*php, name, repetitions]),
        }
    finally:
        segment.close()
        for suffix in ("", "-small", "-large"):
            shoal.unlink(name + suffix)


def pretty(nanoseconds: float) -> str:
    return f"{nanoseconds:.1f} ns" if nanoseconds < 1000 else f"{nanoseconds / 1000:.1f} µs"


def ratio(times: float) -> str:
    return f"{times:.1f}" if times < 100 else f"{times:.0f}"


def show(medians: dict) -> None:
    table = rich.table.Table(title="Median cost of a call, and how many empty calls of the language that is")
    table.add_column("", no_wrap=True)
    for language in medians:
        table.add_column(language, justify="right", no_wrap=True)
        table.add_column("×", justify="right", no_wrap=True)
    table.add_column("aim", no_wrap=True)
    for title in dict.fromkeys(title for figures in medians.values() for title in figures):
        row = [rich.markup.escape(title)]
        for figures in medians.values():
            value = figures.get(title)
            row += ["", ""] if value is None else [pretty(value), ratio(value / figures["empty method call"])]
        table.add_row(*row, AIMS.get(title, ""))
    rich.console.Console(width=140).print(table)


def machine() -> dict:
    model = next((line.partition(":")[2].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    php = subprocess.run(["php", "-n", "-r", "echo PHP_VERSION;"], check=True, capture_output=True, text=True).stdout
    return {"processor": model, "cores": os.cpu_count(), "kernel": platform.release(), "python": platform.python_version(),
            "php": php, "shoal": shoal.__version__, "day": datetime.date.today().isoformat()}


def main(folder: pathlib.Path, quick: bool) -> None:
    samples = measure(folder, quick)
    medians = {language: {title: statistics.median(values) for title, values in figures.items()}
               for language, figures in samples.items()}
    show(medians)
    path = folder / "figures.json"
    path.write_text(json.dumps({"machine": machine(), "quick": quick, "medians, ns": medians, "samples, ns": samples}, indent=1))
    print(f"bench: ok, figures in {path}")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), "--quick" in sys.argv)
