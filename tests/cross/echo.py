"""The Python side that can be killed: the commands of echo.php that the lock tests need, in the same words."""

import ctypes
import dataclasses
import json
import signal
import sys
import time

import shoal


def plain(value):
    """As JSON can say it."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    return dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value


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

    def remove(self, name):
        del self.segment[name]

    def release_all(self):
        return shoal.release_all()

    def make(self, kind, name, lock=None, **parameters):
        if lock is not None:
            parameters["lock"] = self.held[lock]
        self.held[name] = getattr(self.segment, kind)(name, **parameters)

    def call(self, name, method, arguments=()):
        start = time.monotonic()
        result = self.do(self.held[name], method, *arguments)
        recovered = getattr(self.held.get(name), "recovered", None)
        return {"result": result, "recovered": recovered, "seconds": time.monotonic() - start}

    def do(self, handle, method, *arguments):
        if method in ("read", "write"):
            return getattr(handle, method)(*arguments).acquire()
        if method == "acquire":
            return handle.acquire(timeout=arguments[0] if arguments else None)
        return getattr(handle, method)(*arguments)

    def property(self, name, property):
        return plain(getattr(self.held[name], {"waiting": "n_waiting"}.get(property, property)))

    def forget(self, name):
        del self.held[name]

    def exit(self):
        sys.exit(0)


def main() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # die with the parent
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
