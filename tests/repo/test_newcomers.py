"""What a newcomer is told whose machine lacks something: each build says what is missing and what to install, and nothing else.

A machine without it is made of links: compilers that see all headers but some, and a PATH of all commands but some.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMPILERS = re.compile(r"(.*-)?(cc|gcc|clang|tcc|c89|c99)(-[\d.]+)?")

# What is missing -> words of the message, and the packages it names.
NO_COMPILER = ("C compiler", {"python": "apt-get install gcc", "core": "build-essential", "php": "build-essential"})
NO_LIBC = ("C library's headers", {"python": "libc6-dev", "core": "libc6-dev", "php": "build-essential"})
NO_LINUX = ("Linux's headers", dict.fromkeys(("python", "core", "php"), "linux-libc-dev"))
NO_PYTHON = ("C headers of this Python", {"python": "python3-dev"})
NO_MSGPACK = ("MessagePack's C headers", dict.fromkeys(("python", "core", "php"), "libmsgpack-c-dev"))
EVERYTHING = [NO_COMPILER, NO_LIBC, NO_LINUX, NO_PYTHON, NO_MSGPACK]


def links(folder: pathlib.Path, sources, hidden) -> pathlib.Path:
    """A folder with links to all that lies in `sources`, the first of a name, but what is hidden."""
    folder.mkdir()
    for source in sources:
        for entry in os.scandir(source) if os.path.isdir(source) else ():
            if not hidden(entry.name) and not os.path.lexists(folder / entry.name):
                (folder / entry.name).symlink_to(entry.path)
    return folder


def path_without(folder: pathlib.Path, hidden) -> str:
    return str(links(folder, [*os.environ["PATH"].split(os.pathsep), "/usr/bin", "/bin", "/usr/sbin"], hidden))


def system_headers() -> list[str]:
    said = subprocess.run(["cc", "-E", "-Wp,-v", "-x", "c", os.devnull], capture_output=True, text=True, check=True).stderr
    return re.findall(r"^ (/\S+)$", said, re.MULTILINE)


def compiler_without(folder: pathlib.Path, *hidden: str) -> str:
    """cc, to which some headers, or the folder of Python's, are not there."""
    folder.mkdir()
    farm = [links(folder / str(i), [source], lambda name: name in hidden) for i, source in enumerate(system_headers())]
    command = folder / "cc"
    command.write_text(
        "#!/bin/sh\nfor word; do shift; case $word in " + ("-I*/python3*) ;; " if "Python.h" in hidden else "") +
        '*) set -- "$@" "$word" ;; esac; done\n'
        f"exec {shutil.which('cc')} -nostdinc {' '.join(f'-isystem {each}' for each in farm)} \"$@\"\n")
    command.chmod(0o755)
    return str(command)


def environment(folder: pathlib.Path, lacks) -> dict[str, str]:
    given = {name: value for name, value in os.environ.items() if name not in ("CC", "CPP", "CFLAGS", "CPPFLAGS", "CPATH")}
    if lacks is NO_COMPILER:
        return {**given, "PATH": path_without(folder / "path", COMPILERS.fullmatch)}
    hidden = {NO_LIBC[0]: ["stdio.h"], NO_LINUX[0]: ["linux"], NO_PYTHON[0]: ["Python.h"], NO_MSGPACK[0]: ["msgpack", "msgpack.h"]}
    return {**given, "CC": compiler_without(folder / "compiler", *hidden[lacks[0]])}


def outcome(command, folder: pathlib.Path, env) -> tuple[int, str]:
    done = subprocess.run(command, cwd=folder, env=env, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def copied(to: pathlib.Path, *names: str) -> pathlib.Path:
    to.mkdir()
    for name in names:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, to / name, ignore=shutil.ignore_patterns("*.so", "__pycache__", "*.egg-info"))
        else:
            shutil.copy(ROOT / name, to / name)
    return to


@pytest.fixture(scope="module")
def extension(tmp_path_factory) -> pathlib.Path:
    """The sources of the extension after phpize."""
    folder = copied(tmp_path_factory.mktemp("php") / "source", "core", "php", "config.m4")
    subprocess.run(["phpize"], cwd=folder, check=True, capture_output=True)
    return folder


def build(language: str, tmp_path: pathlib.Path, request, env) -> tuple[int, str]:
    """As far as it gets before it compiles."""
    if language == "python":
        source = copied(tmp_path / "source", "core", "python", "setup.py", "pyproject.toml", "README.md", "LICENSE")
        return outcome([sys.executable, "setup.py", "-q", "build_ext"], source, env)
    if language == "core":
        return outcome([sys.executable, "-m", "mesonbuild.mesonmain", "setup", tmp_path / "build", ROOT / "core"], tmp_path, env)
    return outcome(["./configure", "--enable-shoal"], request.getfixturevalue("extension"), env)


def told(lacks) -> str:
    return lacks[0].replace(" ", "_")


@pytest.mark.parametrize("language", ["python", "php", "core"])
@pytest.mark.parametrize("lacks", EVERYTHING, ids=told)
def test_a_build_without_it_says_what_is_missing_and_what_to_install(lacks, language, tmp_path, request):
    words, packages = lacks
    if language not in packages:
        return
    status, said = build(language, tmp_path, request, environment(tmp_path, lacks))
    assert status != 0 and words in said and packages[language] in said, said
    complaints = "\n".join(line for line in said.splitlines() if re.search("error|needs|cannot be built", line, re.IGNORECASE))
    others = {each[0] for each in EVERYTHING if each is not lacks and each[0] in complaints}
    assert not others - ({NO_COMPILER[0], NO_LIBC[0]} if language == "php" and lacks in (NO_COMPILER, NO_LIBC) else set()), said


@pytest.mark.parametrize("language", ["python", "php", "core"])
def test_a_compiler_that_is_not_there_is_told_as_such(language, tmp_path, request):
    status, said = build(language, tmp_path, request, {**os.environ, "CC": "/nonexistent"})
    assert status != 0 and NO_COMPILER[0] in said and ("CC names" if language == "core" else "/nonexistent") in said, said
    assert "MessagePack" not in said and "Linux's" not in said


def test_configure_complains_of_nothing_and_leaves_nothing_of_its_tests(extension):
    status, said = outcome(["./configure", "--enable-shoal"], extension, dict(os.environ))
    assert status == 0 and "rm: " not in said and "Shoal needs" not in said, said
    assert (extension / "core").is_dir() and not list(extension.glob("conftest*"))


def test_bootstrap_without_apt_names_what_is_missing(tmp_path):
    def hidden(name):
        return COMPILERS.fullmatch(name) or name in ("apt-get", "phpize", "pkg-config", "make")

    env = {**os.environ, "PATH": path_without(tmp_path / "path", hidden), "SHOAL_BUILD": str(tmp_path / "build")}
    status, said = outcome([ROOT / "script/bootstrap"], tmp_path, env)
    assert status != 0 and "there is no apt-get" in said, said
    assert all(package in said for package in ("build-essential", "pkg-config", "php-dev", "libmsgpack-c-dev")), said


@pytest.mark.parametrize("page, packages", [
    ("docs/php.md", ["php-dev", "libmsgpack-c-dev"]),
    ("docs/python.md", ["gcc", "python3-dev", "libmsgpack-c-dev"]),
    ("docs/c.md", ["gcc", "meson", "ninja-build", "pkg-config", "libmsgpack-c-dev"]),
])
def test_the_page_of_a_language_names_what_its_build_needs(page, packages):
    install = (ROOT / page).read_text()[:4000]
    commands = " ".join(re.findall(r"apt(?:-get)? install ([^#\n`]*)", install)).split()
    assert not set(packages) - set(commands), f"{page} says {commands}"


def test_the_older_name_of_messagepacks_headers_stands_behind_the_newer_one():
    for path in [*ROOT.glob("docs/*.md"), *map(ROOT.joinpath, ("README.md", "setup.py", "config.m4", "core/meson.build"))]:
        for line in path.read_text().splitlines():
            if "libmsgpack-dev" in line:
                assert -1 < line.find("libmsgpack-c-dev") < line.find("libmsgpack-dev"), f"{path.name}: {line}"
