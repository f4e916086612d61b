"""Where the sources of each program of this folder are: a file or a folder of them, and what it has in common with others."""

import pathlib

HERE = pathlib.Path(__file__).resolve().parent
SHARED = {"step": ["scenes"], "points": ["scenes"]}


def sources(name, here=HERE):
    """The .c files of tests/torture/<name>, or <name>.c, and a driver a kind; `here`: the tests/torture of another tree."""
    own = sorted((here / name).glob("*.c")) or [here / f"{name}.c"]
    return own + sorted(path for folder in [*SHARED.get(name, []), "../kinds"] for path in (here / folder).glob("*.c"))
