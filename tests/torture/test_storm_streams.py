"""The kill storms over a stream, a channel and a map: nothing is torn, comes twice or backwards, whoever is killed or stopped."""

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
    folder = tmp_path_factory.mktemp("storm")

    def call(name, *arguments):
        program = folder / name
        if not program.exists():
            subprocess.run(["gcc", "-std=c11", "-D_GNU_SOURCE", "-O2", "-g1", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}/core",
                            f"-I{ROOT}/core/include", *sorted((ROOT / "core").glob("*/*.c")), *sources(name), "-pthread", "-ldl", "-o", program],
                           check=True)
        done = subprocess.run([program, *map(str, arguments)], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=3600)
        print(done.stdout)
        assert done.returncode == 0, done.stdout
        return json.loads(done.stdout.splitlines()[-1])

    return call


@pytest.mark.parametrize("capacity, workers", [(1024, 6), (4096, 12), (65536, 8)])
def test_whoever_is_killed_what_is_read_is_whole_and_counted(storm, capacity, workers):
    kills = {"short": 100, "default": 800, "long": 20000}[LEVEL]
    figures = storm("streams_storm", "--kills", kills, "--seconds", kills / 20, "--capacity", capacity, "--workers", workers, "--seed", capacity)
    assert figures["violations"] == 0 and figures["kills"] > kills / 10 and figures["sent"] > 100 * figures["kills"] and figures["read"] > figures["kills"]


@pytest.mark.parametrize("slots, history, size, workers", [(3, 1, 60, 6), (16, 4, 400, 12), (8, 7, 65536, 8)])
def test_whoever_is_killed_a_frame_is_whole_and_stays_as_long_as_it_is_pinned(storm, slots, history, size, workers):
    """The second has slots enough: there no writer is ever refused, so what the dead had is given away."""
    kills = {"short": 100, "default": 800, "long": 20000}[LEVEL]
    figures = storm("channels_storm", "--kills", kills, "--seconds", kills / 20, "--slots", slots, "--history", history, "--bytes", size,
                    "--workers", workers, "--seed", size)
    assert figures["violations"] == 0 and figures["kills"] > kills / 10 and figures["stops"]
    assert figures["published"] > 20 * figures["kills"] and figures["read"] > figures["kills"] and (slots < 16 or figures["refused"] == 0)


@pytest.mark.parametrize("how", [["--bytes", 600000, "--keys", 2000], ["--bytes", 4000000], ["--bytes", 16000000, "--keep"]], ids=["small", "usual", "keeps"])
def test_whoever_is_killed_what_a_map_has_is_whole_and_not_older_than_acknowledged(storm, how):
    kills = {"short": 100, "default": 800, "long": 20000}[LEVEL]
    figures = storm("map_storm", "--kills", kills, "--seconds", kills / 20, "--seed", how[1], *how)
    assert figures["violations"] == 0 and figures["kills"] > kills / 10 and figures["sets"] > figures["kills"] and figures["gets"] > figures["sets"]
