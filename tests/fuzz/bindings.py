#!/usr/bin/env python3
"""Build and run the fuzz targets of the bindings: a host language in the process, the extension's sources under sanitizers.

    tests/fuzz/bindings.py python-decode php-encode --seconds 30 --seed 7
    tests/fuzz/bindings.py python-arguments --replay build/fuzz/findings/python-arguments/crash-…

Without --seconds the corpus in the repository is run once. The last line is JSON: what was run how often, and what was found.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = pathlib.Path(os.environ.get("SHOAL_BUILD", ROOT / "build"))
FOLDER = BUILD / "fuzz" / "bindings"
CLANG = next((path for name in ("clang", "clang-14", "clang-16", "clang-19") if (path := shutil.which(name))), "clang")
SANITIZE = "-fsanitize=address,undefined -fno-sanitize-recover=all"
COVERAGE = "-fsanitize=fuzzer-no-link -fno-sanitize-coverage=trace-cmp"  # comparisons cost more than they find here
# As setup.py and config.m4 have it; with the coverage that libFuzzer follows.
FLAGS = f"-std=c11 -O2 -g -fno-omit-frame-pointer {SANITIZE} {COVERAGE} -D_GNU_SOURCE -DSHOAL_API= " \
        "-fvisibility=hidden -Wall -Wextra -Wno-unused-parameter"
TARGETS = {language: [f"{language}-{what}" for what in ("decode", "encode", "arguments")] for language in ("python", "php")}
LONGEST = {"decode": 192, "encode": 192, "arguments": 192}  # bytes of an input


# ---- Building ------------------------------------------------------------------------------------


def python_flags() -> tuple[str, str]:
    """How to compile for this very Python, and how to link it in."""
    variables = sysconfig.get_config_vars()
    include = sysconfig.get_paths()["include"]
    library = pathlib.Path(variables["LIBDIR"], variables["LDLIBRARY"])
    if not library.exists():  # as Debian's without its -dev package
        library = pathlib.Path(variables["LIBPL"], variables["LIBRARY"])
    defines = {"PYTHON_EXECUTABLE": sys.executable, "PACKAGE_FOLDER": ROOT / "python", "HOSTILE_FOLDER": HERE / "python"}
    quoted = " ".join(f"'-D{name}=\"{value}\"'" for name, value in defines.items())
    return (f"-I{include} -I{ROOT}/python/src {quoted}",
            f"{library} -Wl,-rpath,{library.parent} -rdynamic {variables['LIBS']} {variables['SYSLIBS']} -lutil")


def php_flags() -> tuple[str, str]:
    def config(option: str) -> str:
        return subprocess.run(["php-config", option], check=True, text=True, stdout=subprocess.PIPE).stdout.strip()
    return f"{config('--includes')} -I{ROOT}/php -DZEND_ENABLE_STATIC_TSRMLS_CACHE=1 '-DHOSTILE_FOLDER=\"{HERE}/php\"'", "-lphp -rdynamic"


def write_ninja(language: str) -> None:
    compile_with, link_with = {"python": python_flags, "php": php_flags}[language]()
    binding = ROOT / {"python": "python/src", "php": "php"}[language]
    lines = [
        f"rule core\n command = {CLANG} {FLAGS} -I{ROOT}/core/include -I{ROOT}/core -MMD -MF $out.d -c $in -o $out\n depfile = $out.d",
        f"rule cc\n command = {CLANG} {FLAGS} -I{ROOT}/core/include -I{ROOT}/core {compile_with} -MMD -MF $out.d -c $in -o $out\n"
        " depfile = $out.d",
        f"rule harness\n command = {CLANG} {FLAGS.replace(COVERAGE, '')} -I{ROOT}/core/include {compile_with} -MMD -MF $out.d -c $in"
        " -o $out\n depfile = $out.d",
        f"rule link\n command = {CLANG} {SANITIZE} -fsanitize=fuzzer -Wl,--wrap=syscall $in {link_with} -lm -pthread -o $out",
    ]
    common = []
    for rule, sources in (("core", sorted(ROOT.glob("core/*/*.c"))), ("cc", sorted(binding.glob("*.c")))):
        for source in sources:
            out = f"{rule if rule == 'core' else language}/{source.parent.name}-{source.stem}.o"
            common.append(out)
            lines.append(f"build {out}: {rule} {source}")
    lines.append(f"build {language}/waits.o: harness {HERE}/waits.c")
    common.append(f"{language}/waits.o")
    whats = [target.split("-")[1] for target in TARGETS[language]]
    for source in sorted((HERE / language).glob("*.c")):
        out = f"{language}/fuzz-{source.stem}.o"
        lines.append(f"build {out}: harness {source}")
        if source.stem not in whats:
            common.append(out)
    for what in whats:
        if (HERE / language / f"{what}.c").exists():
            lines.append(f"build {language}-{what}: link {language}/fuzz-{what}.o {' '.join(common)}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{language}.ninja").write_text("\n".join(lines) + "\n")


def build(language: str) -> None:
    write_ninja(language)
    ninja = shutil.which("ninja", path=f"{BUILD}/venv/bin:{os.environ['PATH']}") or "ninja"
    done = subprocess.run([ninja, "-C", FOLDER, "-f", f"{language}.ninja"], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        sys.exit(f"{done.stdout[-4000:]}\nthe build failed")


# ---- Running -------------------------------------------------------------------------------------


def environment(directory: str) -> dict[str, str]:
    return {**os.environ, "SHOAL_DIR": directory, "TMPDIR": directory, "USE_ZEND_ALLOC": "0", "PYTHONHASHSEED": "0", "HOME": directory}


def corpus_of(target: str) -> pathlib.Path:
    language, what = target.split("-")
    return HERE / language / "corpus" / what


def run(target: str, seconds: float, seed: int, replay: list[str], executions: int | None = None, grown: pathlib.Path | None = None) -> dict:
    """Run the corpus, then fuzz for so many seconds. `grown` keeps what was found worth keeping."""
    findings = BUILD / "fuzz" / "findings" / target
    findings.mkdir(parents=True, exist_ok=True)
    corpus, began = corpus_of(target), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="shoal-fuzz-", dir="/dev/shm") as directory, tempfile.TemporaryDirectory() as scratch:
        options = [f"-seed={seed}", "-timeout=20", "-rss_limit_mb=3000", f"-artifact_prefix={findings}/", "-print_final_stats=1",
                   f"-max_len={LONGEST[target.split('-')[1]]}", "-use_value_profile=0", "-detect_leaks=0"]
        if replay:
            inputs = list(replay)
        elif seconds == 0 and executions is None:
            options.append("-runs=0")
            inputs = [str(corpus)]
        else:
            options.append(f"-max_total_time={max(1, round(seconds))}" if executions is None else f"-runs={executions}")
            inputs = [str(grown or scratch), str(corpus)]
        log = FOLDER / f"{target}.log"
        with open(log, "wb") as file:
            status = subprocess.run([FOLDER / target, *options, *inputs], stdout=file, stderr=subprocess.STDOUT, cwd=directory,
                                    env=environment(directory), timeout=seconds * 2 + 600).returncode
    text = log.read_text(errors="replace")
    return report(target, seed, status, text, time.monotonic() - began)


def report(target: str, seed: int, status: int, text: str, seconds: float) -> dict:
    found = re.findall(r"Test unit written to (\S+)", text)
    done = re.findall(r"stat::number_of_executed_units: (\d+)", text) or re.findall(r"^#(\d+)\s", text, re.M)
    if status != 0:
        print(text[-6000:])
        print(f"replay: tests/fuzz/bindings.py {target} --replay {found[-1] if found else '(no input written)'}")
    return {"target": target, "executions": int(done[-1]) if done else 0, "seed": seed, "seconds": round(seconds, 1),
            "inputs": len(list(corpus_of(target).glob("*"))), "findings": int(status != 0)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    every = [target for targets in TARGETS.values() for target in targets]
    parser.add_argument("targets", nargs="*", metavar="target", help=", ".join(every))
    parser.add_argument("--seconds", type=float, default=0, help="for each target; 0: only the corpus")
    parser.add_argument("--executions", type=int, help="for each target, in place of --seconds")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--grown", type=pathlib.Path, help="a folder for new inputs, to go on from there")
    parser.add_argument("--replay", nargs="+", default=[], metavar="FILE")
    parser.add_argument("--build-only", action="store_true")
    options = parser.parse_args()
    targets = options.targets or every
    if unknown := set(targets) - set(every):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    for language in sorted({target.split("-")[0] for target in targets}):
        build(language)
    seed = random.randrange(1, 2**31) if options.seed is None else options.seed
    results = []
    for target in [] if options.build_only else targets:
        grown = options.grown / target if options.grown else None
        if grown:
            grown.mkdir(parents=True, exist_ok=True)
        results.append(run(target, options.seconds, seed, options.replay, options.executions, grown))
    print(json.dumps({"tool": "fuzz-bindings", "seed": seed, "executions": sum(result["executions"] for result in results),
                      "seconds": round(sum(result["seconds"] for result in results), 1),
                      "findings": sum(result["findings"] for result in results), "targets": results}))
    return 1 if any(result["findings"] for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
