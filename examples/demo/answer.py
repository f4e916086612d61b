"""Answer one question that a PHP script asks with an array: python answer.py SEGMENT"""

import datetime
import sys

import numpy as np

import shoal

PATIENCE = 60.0


def warmest_days(segment, question: dict) -> dict:
    celsius = np.asarray(segment.array("celsius"))[segment["cities"].index(question["city"])]
    means = np.nanmean(celsius, axis=1)
    days = np.argsort(means)[::-1][: question["how many"]]
    first = segment["first hour"]
    return {
        "city": question["city"],
        "days": [{"date": first + datetime.timedelta(days=int(day)), "mean": float(means[day])} for day in days],
        "note": f"Grüße aus Python {sys.version_info.major}.{sys.version_info.minor} 🌡",
    }


def main(name: str) -> None:
    with shoal.open(name) as segment:
        if not segment.counter("questions").wait(0, timeout=PATIENCE):
            sys.exit("nobody asks anything")
        segment["answer"] = warmest_days(segment, segment["question"])
        segment.counter("answers").add()


if __name__ == "__main__":
    main(sys.argv[1])
