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
    return sorted(os.path.relpath(path, HERE) for path in glob.glob(os.path.join(HERE, pattern)))


def flags():
    """CFLAGS of the environment take the place of the interpreter's own, its optimisation included: bring that back."""
    wanted = ["-std=c11", "-fvisibility=hidden"]
    given = os.environ.get("CFLAGS")
    return wanted if given is None or "-O" in given else wanted + ["-O3"]


class BuildExt(build_ext):
    """Says at once, and in words, when MessagePack's headers are missing."""

    def build_extensions(self):
        self.check_msgpack()
        super().build_extensions()

    def check_msgpack(self):
        os.makedirs(self.build_temp, exist_ok=True)
        probe = os.path.join(self.build_temp, "probe_msgpack.c")
        with open(probe, "w", encoding="ascii") as file:
            file.write("#if !__has_include(<msgpack/pack_template.h>)\n#error missing\n#endif\n")
        try:
            self.compiler.preprocess(probe, output_file=os.devnull, include_dirs=self.include_dirs)
        except Exception:
            sys.exit(
                "shoal: MessagePack's C headers (msgpack/pack_template.h) are missing.\n"
                "       Debian 13, Ubuntu 24.04: apt install libmsgpack-c-dev    Debian 12: libmsgpack-dev    Fedora: dnf install msgpack-devel\n"
                "       Alpine: apk add msgpack-c-dev    elsewhere: https://github.com/msgpack/msgpack-c, C version\n"
                "       If they lie in a place of their own, name it in CPATH."
            )


setup(
    version=version(),
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension(
            "shoal._shoal",
            sources=sources("core/*/*.c") + sources("python/src/*.c"),
            depends=["setup.py"] + sources("core/*/*.h") + sources("python/src/*.h"),
            include_dirs=["core/include", "core"],
            define_macros=[("_GNU_SOURCE", "1"), ("SHOAL_API", "")],  # the core stays within the module
            extra_compile_args=flags(),
        )
    ],
)
