"""Builds the fuzz targets in C and runs them: their corpus, then for some time what libFuzzer makes of it.

    script/fuzz [target...] [--seconds N] [--seed N] [--replay FILE] [--merge]
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CORPUS = HERE / "corpus"  # one input a line, in hexadecimal; after a # what it once found
# Target: (the longest input, how much of the time it gets)
TARGETS = {"image": (128, 4), "image_writer": (96, 1), "decode": (256, 2), "arguments": (128, 2), "operations": (400, 2)}


def build_folder() -> pathlib.Path:
    return pathlib.Path(os.environ.get("SHOAL_BUILD", ROOT / "build")) / "fuzz"


def build(out: pathlib.Path, tree: pathlib.Path = ROOT) -> None:
    """What is new is compiled; make knows."""
    done = subprocess.run(["make", "-s", "-C", HERE, f"OUT={out}", f"TREE={tree}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    if done.returncode:
        raise SystemExit(done.stdout)


def run(out: pathlib.Path, target: str, *arguments: object, limit: float = 600, **environment: str) -> tuple[int, str]:
    """The target's exit status and what it said. It dies with us."""
    command = ["timeout", "-s", "KILL", str(limit), "setpriv", "--pdeathsig", "KILL", out / target, *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **environment}, cwd=out)
    return done.returncode, done.stdout.decode(errors="replace")


def lines(target: str) -> list[str]:
    return [line for line in (CORPUS / f"{target}.txt").read_text().splitlines() if line and not line.startswith("#")]


def unpack(out: pathlib.Path, target: str) -> pathlib.Path:
    """The corpus as libFuzzer wants it: a folder, a file for each input."""
    folder = out / "corpus" / target
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number, line in enumerate(lines(target)):
        (folder / f"{number:04}").write_bytes(bytes.fromhex(line.partition("#")[0]))
    return folder


def replay(out: pathlib.Path, target: str) -> tuple[int, str]:
    """Every input of the corpus, once."""
    return run(out, target, "-timeout=10", f"-artifact_prefix={out}/", *sorted(unpack(out, target).iterdir()))


def fuzz(out: pathlib.Path, target: str, seconds: float, seed: int) -> dict:
    """What came of it; the inputs that reached something new stay in `found`."""
    found = out / "found" / target
    found.mkdir(parents=True, exist_ok=True)
    length, _ = TARGETS[target]
    began = time.monotonic()
    status, said = run(out, target, f"-seed={seed}", f"-max_total_time={seconds:.0f}", f"-max_len={length}", "-len_control=0",
                       "-entropic=0", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1", f"-artifact_prefix={out}/{target}-", found,
                       unpack(out, target), limit=seconds + 120)
    executed = re.search(r"stat::number_of_executed_units: (\d+)", said)
    covered = re.findall(r"cov: (\d+) ft: (\d+)", said)
    written = re.search(r"Test unit written to (\S+)", said)
    return {"target": target, "executions": int(executed[1]) if executed else 0, "seconds": round(time.monotonic() - began),
            "seed": seed, "edges": int(covered[-1][0]) if covered else 0, "violations": int(status != 0),
            **({"input": written[1]} if written else {}), **({"said": said} if status else {})}


def tell(result: dict) -> None:
    said = result.pop("said", None)
    if said:
        print("\n".join(line for line in said.splitlines() if not re.match(r"#\d+\s+(NEW|REDUCE|pulse)|\s*NEW_FUNC", line)))
        if "input" in result:
            print(f"replay: script/fuzz {result['target']} --replay {result['input']}")
    print(json.dumps(result), flush=True)


def merge(out: pathlib.Path, target: str) -> None:
    """The corpus becomes the fewest inputs that reach each place that it and what was found reach."""
    new, found = out / "merged" / target, out / "found" / target
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    found.mkdir(parents=True, exist_ok=True)
    kept = [line for line in lines(target) if "#" in line]
    status, said = run(out, target, "-set_cover_merge=1", "-use_counters=0", "-use_cmp=0", f"-max_len={TARGETS[target][0]}", new,
                       unpack(out, target), found)
    if status:
        raise SystemExit(said)
    inputs = sorted((file.read_bytes() for file in new.iterdir()), key=lambda each: (len(each), each))
    (CORPUS / f"{target}.txt").write_text("\n".join([*kept, *(each.hex() for each in inputs), ""]))
    print(f"{target}: {len(kept)} of old findings and {len(inputs)} inputs")


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/fuzz")
    parser.add_argument("targets", nargs="*", choices=[[], *TARGETS], metavar="target", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=float, default=60, help="for all of them together")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "little"))
    parser.add_argument("--replay", type=pathlib.Path, help="an input, once")
    parser.add_argument("--merge", action="store_true", help="take what was found into the corpus, as few inputs as can be")
    options = parser.parse_args()
    targets, out = options.targets or list(TARGETS), build_folder()
    build(out)
    if options.replay:
        status, said = run(out, targets[0], "-timeout=10", options.replay.resolve(), SHOAL_FUZZ_ALOUD="1")
        print(said)
        return status
    if options.merge:
        for target in targets:
            merge(out, target)
        return 0
    shares = sum(TARGETS[target][1] for target in targets)
    results = []
    for target in targets:
        results.append(fuzz(out, target, options.seconds * TARGETS[target][1] / shares, options.seed))
        tell(dict(results[-1]))
    violations = sum(result["violations"] for result in results)
    print(json.dumps({"executions": {result["target"]: result["executions"] for result in results},
                      "seconds": sum(result["seconds"] for result in results), "seed": options.seed, "violations": violations}))
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
