"""A camera and three who watch: python run.py [FRAMES]"""

import os
import pathlib
import subprocess
import sys

import shoal

HERE = pathlib.Path(__file__).resolve().parent
PHP = [os.environ.get("PHP", "php"), *(["-d", f"extension={os.environ['SHOAL_PHP_EXTENSION']}"]
                                       if "SHOAL_PHP_EXTENSION" in os.environ else [])]
PATIENCE = 60.0
WATCHERS = {"quick": 0.0, "slow": 0.05}  # seconds that each takes over a picture


def start(*command: str) -> subprocess.Popen:
    return subprocess.Popen(command, stdin=subprocess.DEVNULL)


def finish(processes: list) -> None:
    for process in processes:
        if process.wait(PATIENCE) != 0:
            sys.exit(f"camera: FAILED: {process.args} ended with {process.returncode}")


def watch(segment: shoal.Segment, frames: int) -> None:
    channel = segment.channel("camera", (480, 640), "uint8", slots=8)
    watchers = [start(sys.executable, str(HERE / "watch.py"), segment.name, who, str(seconds)) for who, seconds in WATCHERS.items()]
    watchers.append(start(*PHP, str(HERE / "watch.php"), segment.name, "php", str(frames)))
    watching = segment.counter("watching")
    while watching.value < len(watchers):
        if not watching.wait(watching.value, timeout=PATIENCE):
            sys.exit("camera: FAILED: somebody does not watch")
    finish([start(sys.executable, str(HERE / "camera.py"), segment.name, str(frames)), *watchers])
    for who in (*WATCHERS, "php"):
        report = segment[f"report {who}"]
        print(f"{who:6} saw {report['seen']:4} pictures, missed {report['missed']:4}; half of them were no older than about {1000 * report['age']:.0f} ms")
        if report["seen"] + report["missed"] != channel.newest:
            sys.exit(f"camera: FAILED: {who} has lost count")
    print(f"{channel.newest} pictures were published, {channel.dropped} found no slot free")


def main(frames: int) -> None:
    name = f"camera-{os.getpid()}"
    try:
        with shoal.create(name, "8M") as segment:
            watch(segment, frames)
            if segment.check():
                sys.exit(f"camera: FAILED: check() found {segment.check()}")
    finally:
        shoal.unlink(name)
    print("camera: ok")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 120)
