"""The Python side that can be killed: the commands of echo.php that the lock tests need, in the same words."""

import json
import sys
import time

import shoal


class Obey:
    segment = None
    held: dict = {}

    def open(self, name):
        self.segment = shoal.open(name)

    def lock(self, name, reentrant=False, strict=False):
        self.held[name] = self.segment.lock(name, reentrant=reentrant, strict=strict)

    def acquire(self, name, timeout=None):
        start = time.monotonic()
        acquired = self.held[name].acquire(timeout=-1 if timeout is None else timeout)
        return {"acquired": acquired, "recovered": self.held[name].recovered, "seconds": time.monotonic() - start}

    def release(self, name):
        self.held[name].release()

    def repair(self, name):
        self.held[name].repair()

    def exit(self):
        sys.exit(0)


def main() -> None:
    obey = Obey()
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = {"ok": getattr(obey, command.pop("do"))(**command)}
        except Exception as error:  # to be told over there
            answer = {"error": type(error).__name__, "message": str(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
