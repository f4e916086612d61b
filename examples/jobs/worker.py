"""Workers that make the reports which PHP orders: python worker.py SEGMENT PROCESSES"""

import sys

import numpy as np

import shoal

RESAMPLES = 4000


def make_report(sales: np.ndarray, number: int, days: int) -> dict:
    """The mean of the last days, and between what it lies nine times in ten, by bootstrap. The same whoever makes it, and however often."""
    chosen = sales[-days:]
    draws = np.random.default_rng(number).integers(days, size=(RESAMPLES, days))
    low, high = np.quantile(chosen[draws].mean(axis=1), [0.05, 0.95])
    return {"days": days, "mean": float(chosen.mean()), "between": [float(low), float(high)]}


def main(name: str, processes: int) -> None:
    with shoal.open(name) as segment:
        sales, shops, ready = np.asarray(segment.array("sales")), segment["shops"], segment.counter("reports ready")

        def do(order: dict) -> None:
            """A job is done at least once: if its worker dies after the next line, the report is written again, and is the same."""
            report = make_report(sales[order["shop"]], order["report"], order["days"])
            segment[f"report {order['report']}"] = {"shop": shops[order["shop"]], **report}
            ready.add()

        worked = shoal.work(segment.job_queue("reports"), do, processes)
        segment["worked"] = {"done": worked.done, "retried": worked.retried, "dead": worked.dead, "died": worked.died, "errors": worked.errors}


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
