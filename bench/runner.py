"""Time the Python cases of one contest, alternately: python runner.py < contest.json, samples as JSON on stdout.

A sample is the mean of one statement over about `milliseconds`, in ns. In each round every case has one sample, in a
new order, so that what the machine does meanwhile meets all of them. `load`: that many forked processes run the case's `other`
statement all the time while it is measured.
"""

import contextlib
import json
import os
import random
import signal
import sys
import time

UNROLLED = 10


class Case:
    def __init__(self, spec: dict, contest: dict):
        self.names = {"NAME": f"{contest['name']}-{spec['key']}", "FOLDER": contest["folder"], "os": os, "time": time}
        self.spec, self.load = spec, contest["load"]
        exec(spec["setup"], self.names)
        self.unrolled = 1 if spec["slow"] else UNROLLED
        self.run = self.loop(spec["statement"], self.unrolled)
        self.before = compile(spec["before"], spec["key"], "exec")
        self.rounds = 1

    def loop(self, statement: str, times: int):
        body = "\n".join(f"        {line}" for line in (statement + "\n") .rstrip().split("\n")) + "\n"
        source = f"def timed(rounds):\n    for _ in range(rounds):\n{body * times}"
        exec(compile(source, self.spec["key"], "exec"), self.names)
        return self.names.pop("timed")

    def start_load(self) -> list:
        """Others of the same kind; they have begun when this returns. They end between statements: of those that we are
        compared with some never let go of a lock whose owner was killed."""
        children = []
        for which in range(self.load):
            read, write = os.pipe()
            if (child := os.fork()) == 0:
                self.names["which"] = which
                run = self.loop(self.spec["other"] or self.spec["statement"], 1)
                ended = []
                signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
                run(1)
                os.write(write, b"!")
                while not ended:
                    run(100)
                os._exit(0)
            os.close(write)
            os.read(read, 1)
            os.close(read)
            children.append(child)
        return children

    def sample(self) -> float:
        children = self.start_load()
        exec(self.before, self.names)
        start = time.perf_counter_ns()
        self.run(self.rounds)
        took = time.perf_counter_ns() - start
        for child in children:
            os.kill(child, signal.SIGTERM)
            os.waitpid(child, 0)
        return took / self.rounds / self.unrolled

    def calibrate(self, milliseconds: float) -> None:
        """Choose the rounds of a sample; what is slow runs once, to see that it does."""
        exec(self.before, self.names)
        while True:
            start = time.perf_counter_ns()
            self.run(self.rounds)
            took = (time.perf_counter_ns() - start) / 1e6
            if self.spec["slow"]:
                return
            if took >= milliseconds / 4:
                self.rounds = max(1, round(self.rounds * milliseconds / took))
                return
            self.rounds *= 4

    def close(self) -> None:
        exec(self.spec["cleanup"], self.names)


def main() -> None:
    contest = json.load(sys.stdin)
    cases, samples, missing = [], {}, {}
    with contextlib.ExitStack() as open_cases:
        for spec in contest["cases"]:
            try:
                case = Case(spec, contest)
                open_cases.callback(case.close)
                case.calibrate(contest["milliseconds"])
            except Exception as error:  # a peer, or its server, that is not installed here, or does not begin
                if spec["who"] == "shoal":
                    raise
                missing[spec["key"]] = f"{type(error).__name__}: {error}"
            else:
                cases.append(case)
                samples[spec["key"]] = []
        for _ in range(contest["rounds"]):
            for case in random.sample(cases, len(cases)):
                samples[case.spec["key"]].append(case.sample())
    json.dump({"samples": samples, "missing": missing}, sys.stdout)


if __name__ == "__main__":
    main()
