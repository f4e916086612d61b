"""PHP with threads, as a server with eight of them runs it: threads.c, for which script/php-zts has built PHP (a debug build)."""

import json
import os
import pathlib
import re
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PHP = pathlib.Path(os.environ["SHOAL_PHP_ZTS"])
FOLDER = pathlib.Path(os.environ.get("SHOAL_BUILD", ROOT / "build")) / "zts"
LONG = {"long": 1500, "default": 300}.get(os.environ.get("SHOAL_TORTURE", "default"), 60)  # requests of each thread
THREADS = 8

# Elements of an array are whoever's writes them without a lock.
ELEMENTS = ["race:^copy_row$", "race:^load_int$", "race:^store_int$"]


def includes() -> list[str]:
    return subprocess.run([PHP / "bin/php-config", "--includes"], check=True, capture_output=True, text=True).stdout.split()


def compiled(name: str, *options) -> pathlib.Path:
    FOLDER.mkdir(parents=True, exist_ok=True)
    libraries = PHP / "lib/php"
    subprocess.run(["gcc", "-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror", "-D_GNU_SOURCE", *options,
                    *includes(), HERE / "threads.c", f"-L{libraries}", f"-Wl,-rpath,{libraries}", "-lphp", "-ldl", "-lpthread", "-rdynamic",
                    "-o", FOLDER / name], check=True)
    return FOLDER / name


@pytest.fixture(scope="module")
def threads() -> pathlib.Path:
    return compiled("threads")


def run(program, extension, sapi: str, rounds: int, how: str, directory, **variables):
    """The process when it is over; it and its segments are gone, and it has complained of nothing."""
    return subprocess.run([program, extension, HERE / "request.php", sapi, str(rounds), how], capture_output=True, text=True, timeout=1500,
                          env={**os.environ, "SHOAL_DIR": str(directory), **variables})


def summary(done) -> dict:
    assert done.returncode == 0, f"exit status {done.returncode}: {done.stdout[-2000:]} {done.stderr[-4000:]}"
    assert done.stderr == "" and "WRONG" not in done.stdout, done.stdout[-4000:] + done.stderr[-4000:]  # what leaks is told on stderr
    found, refused = done.stdout.splitlines()
    return {**json.loads(found), "refused": int(refused.split()[0])}


def extension() -> str:
    return os.environ["SHOAL_PHP_EXTENSION"]


@pytest.mark.parametrize("sapi", ["embed", "server"])  # under the second name segments are kept from request to request
def test_no_thread_loses_what_it_holds_and_what_is_left_comes_back(sapi, threads, tmp_path):
    found = summary(run(threads, extension(), sapi, LONG, "end", tmp_path))
    assert found["check"] == [] and found["peers"] == 1 and found["begun"] == THREADS * LONG
    assert found["held long"] > LONG / 5 and found["requests left"] == THREADS * (LONG // 3)


def test_threads_that_do_not_end_by_themselves_do_not_break_the_end_of_the_process(threads, tmp_path):
    assert summary(run(threads, extension(), "server", 20, "leave", tmp_path))["check"] == []


def test_a_directory_for_one_request_is_refused_as_all_threads_have_one(threads, tmp_path):
    found = summary(run(threads, extension(), "server", 30, "hosts", tmp_path))
    assert found["refused"] == THREADS * 30 and found["check"] == []


def test_what_a_thread_kept_goes_with_its_globals(tmp_path):
    """Also where the end of the process takes them away. (PCRE leaves behind then what is its own.)"""
    program = compiled("threads-leaks", "-fsanitize=leak")
    done = run(program, extension(), "server", 20, "leave", tmp_path)
    ours = [line for line in done.stderr.splitlines() if re.search(r"/(php|core)/\w+(/\w+)?\.c:", line) and str(PHP.parent) not in line]
    assert "begun" in done.stdout and "SEGV" not in done.stderr and not ours, done.stderr[-4000:]


def extension_under_thread_sanitizer() -> pathlib.Path:
    folder = FOLDER / "tsan"
    folder.mkdir(parents=True, exist_ok=True)
    flags = ["-std=gnu11", "-g", "-O1", "-fPIC", "-fvisibility=hidden", "-fsanitize=thread", "-D_GNU_SOURCE", "-Wno-tsan", "-DSHOAL_API=",
             "-DCOMPILE_DL_SHOAL=1", "-DZEND_COMPILE_DL_EXT=1", "-DZEND_ENABLE_STATIC_TSRMLS_CACHE=1",
             *(f"-I{ROOT}/{folder}" for folder in ("core/include", "core", "php"))]
    sources = [*sorted(ROOT.glob("core/*/*.c")), *sorted(ROOT.glob("php/*.c"))]
    for at in range(0, len(sources), 2):
        running = [subprocess.Popen(["gcc", *flags, *includes(), "-c", source, "-o", folder / f"{source.parent.name}-{source.stem}.o"])
                   for source in sources[at:at + 2]]
        assert all(each.wait() == 0 for each in running)
    subprocess.run(["gcc", "-shared", "-fsanitize=thread", *sorted(folder.glob("*.o")), "-lm", "-o", folder / "shoal.so"], check=True)
    return folder / "shoal.so"


def meant_to_race() -> list[str]:
    """The reads of the core that nothing orders, as tests/core/threads_readers.c lists them."""
    listed = re.findall(r'"(race:\S+)\\n"', (ROOT / "tests/core/threads_readers.c").read_text())
    assert listed
    return listed


def test_nothing_races_in_the_core_and_the_binding(tmp_path):
    library, program = extension_under_thread_sanitizer(), compiled("threads-tsan", "-fsanitize=thread")
    (FOLDER / "tsan.supp").write_text("\n".join(meant_to_race() + ELEMENTS) + "\n")
    options = {"TSAN_OPTIONS": f"suppressions={FOLDER}/tsan.supp history_size=7 exitcode=0"}
    for sapi in ("embed", "server"):
        done = run(program, library, sapi, max(60, LONG // 5), "end", tmp_path, **options)
        # The list goes by whom an access was made by, and that is forgotten after many others: such a report proves nothing.
        reports = [each for each in done.stderr.split("==================\n")
                   if "WARNING" in each and "failed to restore the stack" not in each]
        assert done.returncode == 0 and "WRONG" not in done.stdout and not reports, "\n".join(reports)[:6000] + done.stdout[-1000:]
        assert json.loads(done.stdout.splitlines()[0])["check"] == []
