"""One language dies with the structure's lock of anonymous memory in its hands; the other has lost its descriptor of that."""

import os
import pathlib
import subprocess
import sys

import pytest

import shoal

TESTS = pathlib.Path(__file__).resolve().parent.parent
PHP = [os.environ.get("PHP", "php"), "-n", "-d", f"extension={os.environ.get('SHOAL_PHP_EXTENSION')}", "-d", "extension=ffi", "-r"]
DIES = {
    "php": [*PHP, f"require '{TESTS}/php/segment.inc'; take_structure(Shoal\\open((int) $argv[1])); die_now();"],
    "python": [sys.executable, TESTS / "python/stopped.py"],
}
STORES = {
    "php": [*PHP, r"""
        $segment = Shoal\open((int) $argv[1]);
        $c = FFI::cdef('int close(int); int geteuid(void); int setuid(unsigned);');
        echo "ready\n";
        fgets(STDIN);
        for ($i = 3; $i < 1024; $i++) {
            $c->close($i);
        }
        $c->geteuid() === 0 && $c->setuid(65534);
        try {
            $segment['new'] = 1;
        } catch (Shoal\SystemError $error) {
            echo $error->getMessage();
        }"""],
    "python": [sys.executable, "-c", """
import os, sys, shoal
segment = shoal.open(int(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
os.closerange(3, 1024)
if os.geteuid() == 0:
    os.setuid(65534)
try:
    segment["new"] = 1
except OSError as error:
    print(error, end="")
"""],
}


@pytest.mark.parametrize("dies, stores", [("php", "python"), ("python", "php"), ("php", "php"), ("python", "python")])
def test_a_store_says_that_the_descriptor_is_gone_and_others_take_over(dies, stores):
    with shoal.create(None, size="8M") as segment:
        descriptor = segment.fileno()
        with subprocess.Popen([*STORES[stores], str(descriptor)], pass_fds=[descriptor], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True) as store:
            assert store.stdout.readline() == "ready\n"
            died = subprocess.run([*DIES[dies], str(descriptor), "die"], pass_fds=[descriptor], stdout=subprocess.DEVNULL)
            assert died.returncode == -9
            assert "closed its descriptor" in store.communicate("go\n", timeout=60)[0]
        segment["after"] = 2
        assert segment.check() == [] and segment.info().recoveries == 1
