"""Builds the extension module shoal._shoal from core/*/*.c and python/src/*.c, all hidden but its init function."""

import glob
import os
import re
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

HERE = os.path.dirname(os.path.abspath(__file__))


def version():
    with open(os.path.join(HERE, "core", "include", "shoal.h"), encoding="utf-8") as header:
        found = re.search(r'^#define SHOAL_VERSION "([^"]+)"', header.read(), re.MULTILINE)
    if not found:
        raise SystemExit("setup.py: core/include/shoal.h does not define SHOAL_VERSION")
    return found.group(1)


def sources(pattern):
    return sorted(os.path.relpath(path, HERE) for path in glob.glob(os.path.join(HERE, pattern), recursive=True))


def flags():
    """CFLAGS of the environment take the place of the interpreter's own, its optimisation included: bring that back."""
    wanted = ["-std=c11", "-fvisibility=hidden"]
    given = os.environ.get("CFLAGS")
    return wanted if given is None or "-O" in given else wanted + ["-O3"]


# What has to be there, in the order it is asked for: a line of C that only passes with it, what it is, and who has it.
NEEDED = (
    ("", "a C compiler that works", "gcc", "gcc", "build-base"),
    ("#include <stdio.h>", "the C library's headers (stdio.h)", "libc6-dev", "glibc-devel", "musl-dev"),
    ("#if !__has_include(<linux/futex.h>)\n#error\n#endif", "Linux's headers (linux/futex.h)", "linux-libc-dev", "kernel-headers",
     "linux-headers"),
    ("#if !__has_include(<Python.h>)\n#error\n#endif", "the C headers of this Python (Python.h)", "python3-dev", "python3-devel",
     "python3-dev"),
    ("#if !__has_include(<msgpack/pack_template.h>)\n#error\n#endif", "MessagePack's C headers (msgpack/pack_template.h)",
     "libmsgpack-c-dev (Debian 12, Ubuntu 22.04: libmsgpack-dev)", "msgpack-devel", "msgpack-c-dev"),
)


def missing(what, compiler, said, debian, fedora, alpine):
    named = f"It is {compiler[0]}; CC names another" if "compiler" in what else "CPATH names a place of their own"
    sys.exit(f"shoal cannot be built: {what} cannot be found. {named}.\n"
             f"    Debian, Ubuntu: apt-get install {debian}\n    Fedora: dnf install {fedora}\n    Alpine: apk add {alpine}\n"
             f"    ({said})")


class BuildExt(build_ext):
    """Says at once, and in words, what is missing."""

    def build_extensions(self):
        if not sys.platform.startswith("linux"):
            sys.exit(f"shoal cannot be built: it is for Linux, and this is {sys.platform}.")
        os.makedirs(self.build_temp, exist_ok=True)
        for line, what, *packages in NEEDED:
            self.need(line, what, packages)
        super().build_extensions()

    def need(self, line, what, packages):
        probe = os.path.join(self.build_temp, "probe.c")
        with open(probe, "w", encoding="ascii") as file:
            file.write(line + "\n")
        try:
            self.compiler.preprocess(probe, output_file=os.devnull, include_dirs=self.include_dirs)
        except Exception as error:
            missing(what, self.compiler.preprocessor or self.compiler.compiler, error, *packages)


setup(
    version=version(),
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension(
            "shoal._shoal",
            sources=sources("core/*/*.c") + sources("python/src/*.c"),
            depends=["setup.py"] + sources("core/**/*.h") + sources("python/src/*.h"),
            include_dirs=["core/include", "core"],
            define_macros=[("_GNU_SOURCE", "1"), ("SHOAL_API", "")],  # the core stays within the module
            extra_compile_args=flags(),
        )
    ],
)
