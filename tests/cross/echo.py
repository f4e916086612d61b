"""The Python side that can be killed: the commands of echo.php that the tests of kinds need, in the same words."""

import ctypes
import dataclasses
import json
import os
import os
import pathlib
import signal
import sys
import time

import shoal

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))

from kinds import HOLDS, KINDS, WAITS  # noqa: E402
from queues import WithQueues  # noqa: E402
from values import describe  # noqa: E402


def plain(value):
    """As JSON can say it."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    return dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value


class Obey(WithQueues):
    segment = None
    held: dict = {}

    def open(self, name, readonly=False):
        self.segment = shoal.open(name, readonly=readonly)

    def channel(self, name, given):
        made = self.segment.channel(name, **given)
        return made.shape, made.dtype and made.dtype.name, made.bytes, made.slots, made.history

    def send_frame(self, name, value):
        return self.segment[name].send(value)

    def fill_frames(self, name, item=None, times=1, die=False):
        """Publish so many frames, each of one item; die in the midst of the last."""
        published = 0
        for left in range(times, 0, -1):
            with self.segment[name].write() as frame:
                if frame is None:
                    continue
                item = item or os.getpid()
                frame[:1] = item
                if die and left == 1:
                    print('{"ok":"half"}', flush=True)
                    time.sleep(60)
                frame[...] = item
            published += 1
        return published

    def read_frame(self, name, newer=None, timeout=None, keep=False):
        frame = self.segment[name].read(newer, timeout)
        if keep:
            self.held[len(self.held)] = frame
        if frame is None:
            return None
        return frame.number, frame.missed, frame.copied, describe(frame.value) if frame.array.dtype == "uint8" else frame.array.tolist()

    def kept_frames(self):
        return [frame.array.tolist() for frame in self.held.values()]

    def follow_frames(self, name, until):
        """Every frame until one of that number is of one item, and they come in order."""
        last = missed = 0
        for frame in self.segment[name]:
            if frame.number <= last or len(set(frame.array.tolist())) != 1:
                raise AssertionError(f"frame {frame.number} is torn, or came after {last}")
            last, missed = frame.number, missed + frame.missed
            if last >= until:
                return last, missed

    def hold(self, own):
        WAITS[own].hold(self.segment)

    def free(self, own):
        WAITS[own].free(self.segment)

    def wait(self, own, timeout=-1):
        return WAITS[own].wait(self.segment, timeout), WAITS[own].told(self.segment)

    def take(self, own, timeout=-1):
        return HOLDS[own].guard(self.segment).acquire(timeout=timeout), HOLDS[own].told(self.segment)

    def give(self, own):
        HOLDS[own].guard(self.segment).release()

    def alone(self, own):
        return HOLDS[own].alone(self.segment)

    def take_turns(self, own, times):
        for _ in range(times):
            self.take(own)
            self.give(own)
            print('{"ok":null}', flush=True)
        return "done"

    def make_one(self, kind):
        made = KINDS[kind].make(self.segment)
        KINDS[kind].use(self.segment["x"] if KINDS[kind].cls else made)
        kept = {name: getattr(made, name) for name in KINDS[kind].kept} if KINDS[kind].cls else {}
        return {name: getattr(value, "name", value) for name, value in kept.items()}

    def store(self, name, value):
        self.segment[name] = value

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

    def key(self, name, key, method, timeout=0):
        locks = self.segment.locks(name)
        side = locks[key].read() if method == "read" or (method == "release" and locks[key].sharing) else locks[key]
        if method in ("acquire", "read"):
            return [side.acquire(timeout=timeout), side.recovered]
        if method == "release":
            return side.release()
        return list(locks) if method == "keys" else [side.locked(), side.owner and side.owner.pid, side.sharing, side.waiting]

    def property(self, name, property):
        return plain(getattr(self.held[name], {"waiting": "n_waiting"}.get(property, property)))

    def forget(self, name):
        del self.held[name]

    def reader(self, name, from_start=False):
        self.held[name] = self.segment.stream(name).reader(from_start)

    def flood(self, name, times):
        """So many messages that show when they are torn; then "end"."""
        stream = self.segment.stream(name)
        for i in range(times):
            stream.send([os.getpid(), i, chr(64 + i % 50) * (7 * (i % 50))])
        return stream.send("end")

    def follow(self, name):
        """Read up to an "end": how many were read and missed, and what was wrong with them."""
        reader, wrong, last, read = self.held[name], [], {}, 0
        missed, number = reader.missed, reader.number
        while (message := reader.read(20)) != "end":
            pid, i, text = message
            if text != chr(64 + i % 50) * (7 * (i % 50)):
                wrong.append(f"torn: {reader.number}")
            if not (last.get(pid, -1) < i and number < reader.number):
                wrong.append(f"out of order: {reader.number}")
            last[pid], number = i, reader.number
            read += 1
        return [read, reader.missed - missed, wrong[:5]]

    def exit(self):
        sys.exit(0)


def main() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # die with the parent
    obey = Obey()
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = {"ok": getattr(obey, command.pop("do").replace(" ", "_"))(**command)}
        except Exception as error:  # to be told over there
            answer = {"error": type(error).__name__, "message": str(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
