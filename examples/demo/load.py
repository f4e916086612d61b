"""Read a year of hourly temperatures into a new segment: python load.py SEGMENT"""

import csv
import datetime
import importlib.util
import pathlib
import sys

import numpy as np

import shoal

CITIES = {"Seattle": "seattle-temps.csv", "San Francisco": "sf-temps.csv"}
FIRST_HOUR = datetime.datetime(2010, 1, 1)


def read_city(file: str) -> np.ndarray:
    """(365, 24) in degrees Fahrenheit; an hour that the file does not have is NaN."""
    folder = pathlib.Path(importlib.util.find_spec("vega_datasets").origin).parent / "_data"
    hours = np.full(365 * 24, np.nan)
    with open(folder / file, newline="") as lines:
        for row in csv.DictReader(lines):
            when = datetime.datetime.strptime(row["date"][:16], "%Y/%m/%d %H:%M")
            hours[int((when - FIRST_HOUR).total_seconds()) // 3600] = float(row["temp"])
    return hours.reshape(365, 24)


def load(name: str) -> None:
    table = np.stack([read_city(file) for file in CITIES.values()])
    with shoal.create(name, size="64M") as segment:
        source = segment.array("fahrenheit", table.shape, "float64")
        source[...] = table
        segment.array("celsius", table.shape, "float64")[...] = source
        segment.array("anomaly", table.shape, "float64")
        segment["cities"] = list(CITIES)
        segment["first hour"] = FIRST_HOUR.replace(tzinfo=datetime.timezone.utc)
        print(f"{source.shape} {source.dtype} in segment {name!r}, {np.isnan(source).sum()} hours missing")


if __name__ == "__main__":
    load(sys.argv[1])
