"""Convert what is left to convert, month by month: python worker.py SEGMENT [--stop-halfway]"""

import os
import sys

import numpy as np

import shoal

PATIENCE = 60.0  # seconds; nothing here takes one
MONTHS = np.cumsum([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


class City:
    """One city's part of the arrays, the lock that guards it, and the notes that make a death repairable."""

    def __init__(self, segment, index, name):
        self.segment, self.name = segment, name
        self.source = np.asarray(segment.array("fahrenheit"))[index]
        self.celsius = np.asarray(segment.array("celsius"))[index]
        self.anomaly = np.asarray(segment.array("anomaly"))[index]
        self.lock = segment.lock(f"{name}: lock")

    def next_month(self):
        done = self.segment.get(f"{self.name}: done", [])
        return next((month for month in range(12) if month not in done), None)

    def begin(self, month):
        """Note what is going to be half-written, before the first byte of it is."""
        self.segment[f"{self.name}: under work"] = {"month": month, "pid": os.getpid()}

    def finish(self, month):
        self.segment[f"{self.name}: done"] = [*self.segment.get(f"{self.name}: done", []), month]
        self.segment.counter("rows converted").add(int(MONTHS[month + 1] - MONTHS[month]))

    def convert(self, first, last):
        days = self.celsius[first:last]
        days -= 32  # in place: these are the bytes that the PHP script reads
        days /= 1.8
        self.anomaly[first:last] = days - np.nanmean(days, axis=1, keepdims=True)

    def repair(self):
        """The last holder of the lock died: undo the month it had under its hands."""
        note = self.segment[f"{self.name}: under work"]
        month = note["month"]
        if month not in self.segment.get(f"{self.name}: done", []):
            days = slice(MONTHS[month], MONTHS[month + 1])
            self.celsius[days] = self.source[days]
        self.segment["repaired"] = {"city": self.name, "month": month, "left by": note["pid"], "by": os.getpid()}


def work(city, halfway) -> bool:
    """Convert one month of the city. False when none is left."""
    if not city.lock.acquire(timeout=PATIENCE):
        sys.exit(f"nobody gives up the lock of {city.name}: {city.lock.owner}")
    try:
        if city.lock.recovered:
            city.repair()
        month = city.next_month()
        if month is not None:
            city.begin(month)
            middle = (MONTHS[month] + MONTHS[month + 1]) // 2
            city.convert(MONTHS[month], middle)
            halfway(city, month)
            city.convert(middle, MONTHS[month + 1])
            city.finish(month)
        return month is not None
    finally:
        city.lock.release()


def main(name: str, stop_halfway: bool) -> None:
    with shoal.open(name) as segment:

        def halfway(city, month):
            """The worker that is going to be killed says that it is in the middle of February, and waits for it."""
            if stop_halfway and (city.name, month) == ("Seattle", 1):
                segment["victim"] = os.getpid()
                segment.counter("halfway").add()
                segment.counter("never").wait(0, timeout=PATIENCE)

        cities = [City(segment, index, city) for index, city in enumerate(segment["cities"])]
        if not stop_halfway:
            number = segment.counter("workers ready").add()
            cities = cities[number % 2 :] + cities[: number % 2]  # not all of them at one city's lock
            segment.counter("go").wait(0, timeout=PATIENCE)
        months = 0
        while converted := sum(work(city, halfway) for city in cities):
            months += converted
        segment[f"worker {os.getpid()}"] = {"months": months, "parent": os.getppid()}
        segment.counter("workers done").add()


if __name__ == "__main__":
    main(sys.argv[1], "--stop-halfway" in sys.argv)
