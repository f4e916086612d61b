"""A full /dev/shm is NoSpace with the numbers, in both languages: never a SIGBUS, and what was there is intact."""

import os
import subprocess
import sys

import pytest

FILL = {
    "python": [sys.executable, "-c", """
import shoal, sys
segment = shoal.open_or_create("full", "64M")
segment["kept"] = "intact"
size, stored = 200_000, 0
while size:
    try:
        segment[f"{size}/{stored}"] = b"x" * size
        stored += 1
    except shoal.NoSpace as error:
        message = str(error)
        size //= 2
try:
    segment.array("large", (1 << 20,), "uint8")
    sys.exit("an array of 1 MiB fits?")
except shoal.NoSpace as error:
    message = str(error)
assert segment["kept"] == "intact" and segment.check() == []
for name in segment:
    assert name == "kept" or segment[name] == b"x" * int(name.split("/")[0])
for name in list(segment):
    if name != "kept":
        del segment[name]
segment["again"] = b"y" * 200_000
assert segment.check() == []
del segment["again"]
print(message)
"""],
    "php": ["php", "-n", "-d", f"extension={os.environ.get('SHOAL_PHP_EXTENSION')}", "-r", r"""
$segment = Shoal\open_or_create("full", "64M");
$segment["kept"] = "intact";
for ($size = 200000, $stored = 0; $size > 0;) {
    try {
        $segment["$size/$stored"] = str_repeat("x", $size);
        $stored++;
    } catch (Shoal\NoSpace $error) {
        $size = intdiv($size, 2);
    }
}
try {
    $segment->array("large", [1 << 20], "uint8");
    exit("an array of 1 MiB fits?");
} catch (Shoal\NoSpace $error) {
    $message = $error->getMessage();
}
$segment["kept"] === "intact" && $segment->check() === [] or exit("damaged");
foreach ($segment as $name => $value) {
    $name === "kept" || strlen($value) === (int) $name or exit("torn: $name");
    if ($name !== "kept") unset($segment[$name]);
}
$segment["again"] = str_repeat("y", 200000);
$segment->check() === [] or exit("damaged");
unset($segment["again"]);
echo $message, "\n";
"""],
}


WARM = {
    "python": [sys.executable, "-c", """
import os, shoal
segment = shoal.open_or_create("warm", "256M")
memory = lambda: os.stat(os.environ["SHOAL_DIR"] + "/shoal.warm").st_blocks * 512
small, large = b"s" * (6 << 20), b"l" * (14 << 20)
for _ in range(3):
    segment["a"] = small
assert memory() > 12 << 20                      # one that is read, and one that is kept for the next
segment["b"] = large                            # there is room for it beside only one of them
assert segment["a"] == small and segment["b"] == large and segment.check() == []
assert memory() < 21 << 20
"""],
    "php": ["php", "-n", "-d", f"extension={os.environ.get('SHOAL_PHP_EXTENSION')}", "-r", r"""
$segment = Shoal\open_or_create("warm", "256M");
function memory() { clearstatcache(); return stat(getenv("SHOAL_DIR") . "/shoal.warm")["blocks"] * 512; }
$small = str_repeat("s", 6 << 20);
$large = str_repeat("l", 14 << 20);
for ($i = 0; $i < 3; $i++) $segment["a"] = $small;
memory() > 12 << 20 or exit("nothing is kept");
$segment["b"] = $large;
$segment["a"] === $small && $segment["b"] === $large && $segment->check() === [] or exit("torn");
memory() < 21 << 20 or exit("something is kept");
"""],
}


@pytest.fixture
def small_host(tmp_path):
    """Mounts a tmpfs of that size: a directory on it, as SHOAL_DIR."""
    mounted = []

    def mount(size):
        if os.geteuid() != 0:
            pytest.skip("needs root to mount a tmpfs")
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", tmp_path], check=True)
        mounted.append(tmp_path)
        return tmp_path

    yield mount
    for folder in mounted:
        subprocess.run(["umount", folder], check=True)


def on(host, program):
    done = subprocess.run(program, env={**os.environ, "SHOAL_DIR": str(host)}, text=True, timeout=120, stdout=subprocess.PIPE)
    assert done.returncode == 0, done
    return done.stdout


@pytest.mark.parametrize("language", FILL)
def test_a_full_host_is_no_space_with_the_numbers(small_host, language):
    host = small_host("1m")
    said = on(host, FILL[language])
    assert "wanted 1048" in said and "are free in" in said and str(host) in said
    assert os.listdir(host) == ["shoal.full"]


@pytest.mark.parametrize("language", WARM)
def test_a_full_host_gets_what_is_kept_for_the_next_large_value(small_host, language):
    assert on(small_host("24m"), WARM[language]) == ""
