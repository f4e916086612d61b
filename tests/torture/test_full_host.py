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


@pytest.fixture(scope="module")
def small_host(tmp_path_factory):
    """A directory on a tmpfs of 1 MiB, as SHOAL_DIR."""
    folder = tmp_path_factory.mktemp("shm")
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a tmpfs")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("language", FILL)
def test_a_full_host_is_no_space_with_the_numbers(small_host, language):
    done = subprocess.run(FILL[language], env={**os.environ, "SHOAL_DIR": str(small_host)}, text=True, timeout=120,
                          stdout=subprocess.PIPE)
    assert done.returncode == 0, done
    assert "wanted 1048" in done.stdout and "are free in" in done.stdout and str(small_host) in done.stdout
    assert os.listdir(small_host) == ["shoal.full"]
