"""The kill storm over a stream: nothing is torn, comes twice or backwards, and what is missed is counted, whoever is killed or stopped."""

import json
import os
import pathlib
import subprocess

import pytest
from programs import sources

ROOT = pathlib.Path(__file__).resolve().parents[2]
LEVEL = os.environ.get("SHOAL_TORTURE", "default")


@pytest.fixture(scope="module")
def storm(tmp_path_factory):
    program = tmp_path_factory.mktemp("storm") / "streams_storm"
    subprocess.run(["gcc", "-std=c11", "-D_GNU_SOURCE", "-O2", "-g1", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}/core", f"-I{ROOT}/core/include",
                    *sorted((ROOT / "core").glob("*/*.c")), *sources("streams_storm"), "-pthread", "-ldl", "-o", program], check=True)

    def call(*arguments):
        done = subprocess.run([program, *map(str, arguments)], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=3600)
        print(done.stdout)
        assert done.returncode == 0, done.stdout
        return json.loads(done.stdout.splitlines()[-1])

    return call


@pytest.mark.parametrize("capacity, workers", [(1024, 6), (4096, 12), (65536, 8)])
def test_whoever_is_killed_what_is_read_is_whole_and_counted(storm, capacity, workers):
    kills = {"short": 100, "default": 800, "long": 20000}[LEVEL]
    figures = storm("--kills", kills, "--seconds", kills / 20, "--capacity", capacity, "--workers", workers, "--seed", capacity)
    assert figures["violations"] == 0 and figures["kills"] > kills / 10 and figures["sent"] > 100 * figures["kills"] and figures["read"] > figures["kills"]
