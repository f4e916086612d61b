"""A disk that is full, for real: full_disk.c on file systems of 48 MiB. tmpfs is what limits.c fills."""

import json
import pathlib
import subprocess
import sys

import pytest

from conftest import CC, LIBRARY, needs_root

HERE = pathlib.Path(__file__).resolve().parent
#  file system, what mkfs is told, MiB of the image
DISKS = {
    "ext4": ("ext4", ["-q", "-F", "-b", "4096"], 48),
    "ext4 with small blocks": ("ext4", ["-q", "-F", "-b", "1024"], 48),
    "ext3": ("ext3", ["-q", "-F", "-b", "1024"], 48),
    "ext2": ("ext2", ["-q", "-F", "-b", "4096"], 48),
}
if "xfs" in pathlib.Path("/proc/filesystems").read_text().split():
    DISKS["xfs"] = ("xfs", ["-q", "-f"], 310)  # it makes none that is smaller


@pytest.fixture
def small_disk(tmp_path):
    """Make a file system of that kind in a file, and mount it; its directory."""
    needs_root("to mount a file system")
    mounted = []

    def mount(kind, options, size):
        image, target = tmp_path / "image", tmp_path / "disk"
        target.mkdir()
        with open(image, "wb") as file:
            file.truncate(size << 20)
        subprocess.run([f"mkfs.{kind}", *options, image], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["mount", "-t", kind, "-o", "loop", image, target], check=True)
        mounted.append(target)
        return target

    yield mount
    for target in mounted:
        subprocess.run(["umount", target], check=True)


@pytest.fixture(scope="module")
def full_disk(tmp_path_factory):
    out = tmp_path_factory.mktemp("disk") / "full_disk"
    subprocess.run([*CC, HERE / "full_disk.c", LIBRARY.with_suffix(".a"), "-pthread", "-lm", "-o", out], check=True)
    return out


@pytest.mark.parametrize("disk", DISKS)
def test_a_writer_on_a_full_disk_is_told_and_never_killed(small_disk, full_disk, level, disk):
    seconds = {"short": 3, "default": 6, "long": 60}[level]
    done = subprocess.run([full_disk, small_disk(*DISKS[disk]), str(seconds)], text=True, timeout=seconds + 120,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["findings"] == 0 and figures["full"] > 0


BESIDE_HOLES = """
import os, shoal, sys
path, filler = sys.argv[1:]
with shoal.create(path, size="64M") as segment:
    for i in range(20):
        segment.array(f"array {i}", (300000,), "u1")
    for i in range(0, 20, 2):
        del segment[f"array {i}"]
descriptor = os.open(path, os.O_RDWR)
os.fsync(descriptor)
os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)  # as when memory is short
with open(path, "rb") as file:  # as cp does: the pages come in large folios
    while file.read(1 << 20):
        pass
with open(filler, "wb", buffering=0) as file:
    for piece in 65536, 512:
        try:
            while True:
                file.write(b"x" * piece)
        except OSError:
            pass
    os.fsync(file.fileno())
killed = 0
for i in range(1, 20, 2):
    if os.fork() == 0:
        array = shoal.open(path).array(f"array {i}")
        for k in range(0, 300000, 4096):
            array[k] = 7
        os._exit(0)
    killed += os.WIFSIGNALED(os.wait()[1])
print(killed)
"""


@pytest.mark.parametrize("disk", DISKS)
def test_what_lies_beside_a_hole_can_be_written_on_a_full_disk(small_disk, disk):
    target = small_disk(*DISKS[disk])
    done = subprocess.run([sys.executable, "-c", BESIDE_HOLES, target / "segment", target / "filler"], text=True, timeout=120,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert (done.returncode, done.stdout) == (0, "0\n")
