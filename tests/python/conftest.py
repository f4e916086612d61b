"""Fixtures: a segment of one's own, children that die, children that answer."""

import ctypes
import itertools
import os
import pickle
import select
import signal
import subprocess
import sys
import threading
import time
import traceback

import pytest

import shoal

sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # for tests/kinds

numbers = itertools.count()


@pytest.fixture
def name():
    """A name that no other test has; taken away at the end, if it is still there."""
    made = f"test-{os.getpid()}-{next(numbers)}"
    yield made
    try:
        shoal.unlink(made)
    except shoal.NotFound:
        pass


@pytest.fixture
def segment(name):
    with shoal.create(name, "16M") as made:
        yield made
        if not made.closed:
            assert made.check() == []


def die_with_parent():
    """No child outlives a test run that was killed."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


def leave(status):
    """End a forked child in good order, without what pytest would do at the end."""
    shoal._leave._leave_barriers()
    os._exit(status)


def wait_for(pid):
    return os.waitpid(pid, 0)[1]


@pytest.fixture
def die():
    """die(function, ...): call it in a forked child, which then kills itself with SIGKILL."""

    def die(function, *arguments):
        pid = os.fork()
        if pid == 0:
            try:
                function(*arguments)
                os.kill(os.getpid(), signal.SIGKILL)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(1)
        status = wait_for(pid)
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, f"the child ended with {status}"

    return die


def answer(function, arguments, pipe):
    try:
        result = (True, function(*arguments))
    except BaseException as error:
        result = (False, error)
    with os.fdopen(pipe, "wb") as file:
        pickle.dump(result, file)


@pytest.fixture
def in_child():
    """in_child(function, ...): call it in a forked child; its result, or its exception raised."""

    def in_child(function, *arguments):
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.close(read)
                answer(function, arguments, write)
            finally:
                leave(0)
        os.close(write)
        with os.fdopen(read, "rb") as file:
            good, result = pickle.load(file)
        assert wait_for(pid) == 0
        if not good:
            raise result
        return result

    return in_child


class Holder:
    """A child that has called a function and now waits to be told to end, or to be killed."""

    def __init__(self, function, arguments):
        ready, ready_write = os.pipe()
        self.go_read, self.go = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                die_with_parent()
                os.close(self.go)
                function(*arguments)
                os.write(ready_write, b"x")
                os.read(self.go_read, 1)
            except BaseException:
                traceback.print_exc()
            finally:
                leave(0)
        os.close(ready_write)
        assert os.read(ready, 1) == b"x", "the child failed"
        os.close(ready)

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        self.end()

    def end(self):
        """Tell it to end and wait. By a byte: its younger siblings have the pipe too, so closing tells nothing."""
        if self.pid:
            pid, self.pid = self.pid, 0
            os.write(self.go, b"x")
            os.close(self.go)
            os.close(self.go_read)
            wait_for(pid)


@pytest.fixture
def holding():
    """holding(function, ...): a child that has called it and lives on: .kill() or .end() it."""
    children = []

    def holding(function, *arguments):
        children.append(Holder(function, arguments))
        return children[-1]

    yield holding
    for child in children:
        child.end()


class Started:
    """A child that calls a function; its result comes when it comes."""

    def __init__(self, function, arguments):
        self.pipe, write = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                die_with_parent()
                os.close(self.pipe)
                answer(lambda: (function(*arguments), time.monotonic()), (), write)
            finally:
                leave(0)
        os.close(write)

    def ended(self, timeout=20):
        """Its result, and when it had it, on time.monotonic()."""
        assert select.select([self.pipe], [], [], timeout)[0], "the child did not come to an end"
        with os.fdopen(self.pipe, "rb") as file:
            self.pipe = None
            good, result = pickle.load(file)
        if not good:
            raise result
        return result

    def result(self, timeout=20):
        return self.ended(timeout)[0]

    def done(self):
        return bool(select.select([self.pipe], [], [], 0)[0])

    def signal(self, number):
        os.kill(self.pid, number)

    def kill(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            wait_for(self.pid)
            self.pid = 0

    def close(self):
        self.kill()
        if self.pipe is not None:
            os.close(self.pipe)


@pytest.fixture
def started():
    """started(function, ...): a child that calls it: .result() waits for it, .done() does not, .kill() ends it."""
    children = []

    def started(function, *arguments):
        children.append(Started(function, arguments))
        return children[-1]

    yield started
    for child in children:
        child.close()


@pytest.fixture
def until():
    """until(function, ...): wait until it says something true; what it said."""

    def until(function, *arguments, timeout=20):
        deadline = time.monotonic() + timeout
        while True:
            said = function(*arguments)
            if said:
                return said
            assert time.monotonic() < deadline, "it never happened"
            time.sleep(0.001)

    return until


@pytest.fixture
def python():
    """python(code, ...): run it in an interpreter of its own; what it printed."""

    def python(code, *arguments, environment=None):
        done = subprocess.run(
            [sys.executable, "-X", "dev", "-c", code, *map(str, arguments)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, timeout=60,
            env={**os.environ, **(environment or {})},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return python


@pytest.fixture
def thread():
    """thread(function, ...): run it in another thread and wait for its end; its result."""

    def thread(function, *arguments):
        result = []
        worker = threading.Thread(target=lambda: result.append(function(*arguments)))
        worker.start()
        worker.join(30)
        assert result, "the thread failed"
        return result[0]

    return thread
