"""Publish a picture sixty times a second: python camera.py SEGMENT FRAMES"""

import sys
import time

import numpy as np

import shoal

HEIGHT, WIDTH, PER_SECOND = 480, 640, 60


def main(name: str, frames: int) -> None:
    stripes = np.arange(WIDTH)
    with shoal.open(name) as segment:
        channel = segment.channel("camera", (HEIGHT, WIDTH), "uint8")
        due = time.monotonic()
        while channel.newest < frames:
            with channel.write() as picture:
                if picture is not None:  # None: every slot is being looked at; this picture is dropped
                    picture[...] = np.broadcast_to((stripes + channel.newest + 1).astype("uint8"), (HEIGHT, WIDTH))
            due += 1 / PER_SECOND
            time.sleep(max(0.0, due - time.monotonic()))
        segment.event("over").set()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
