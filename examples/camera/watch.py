"""Look at every picture that comes, until there are no more: python watch.py SEGMENT WHO SECONDS_FOR_EACH"""

import sys
import time

import numpy as np

import shoal


def look(frame: shoal.Frame) -> None:
    picture = np.asarray(frame)  # no copy
    if not (picture == picture[0]).all() or picture[0, 0] != frame.number % 256:
        sys.exit(f"picture {frame.number} is torn")


def main(name: str, who: str, seconds: float) -> None:
    seen, ages = 0, []
    with shoal.open(name) as segment:
        channel, over = segment.channel("camera"), segment.event("over")
        segment.counter("watching").add()
        number = 0
        while not (over.is_set() and number == channel.newest):
            frame = channel.read(newer_than=number, timeout=0.1)
            if frame is None:
                continue
            ages.append(time.time() - frame.time)
            number, seen = frame.number, seen + 1
            time.sleep(seconds)
            look(frame)  # as it was, however long that took
        segment[f"report {who}"] = {"seen": seen, "missed": channel.missed, "age": sorted(ages)[len(ages) // 2] if ages else 0.0}


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
