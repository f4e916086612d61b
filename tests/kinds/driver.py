"""What a driver answers: Kind how objects of it are made, used, looked at and refused; Hold how it is held; Wait how it is waited for."""


class Kind:
    """The object is called "x". Lists of calls are lists of functions of a handle."""

    cls = None  # of its handles; a Value has none
    opener = None  # the method of a segment that opens it, or makes it
    others = []  # parameters with each of which an existing one is a mismatch: a tuple, or a dict of keywords
    impossible = []  # parameters with which none is made, and the exception
    alike = True  # two handles of one are equal and hash alike
    listed = False  # by info().locks
    kept = ("name",)  # properties that a pickle keeps
    properties = ("name",)  # all there are
    looks, changes = [], []  # calls that a readonly attach may make, and those that it is refused; none blocks for long
    refused = []  # calls with impossible arguments, and the exception; they change nothing
    holds, waits = {}, {}

    def parameters(self, segment):
        """What make() gives behind the name."""
        return {}

    def open(self, segment, name, given):
        positional, keywords = ((), given) if isinstance(given, dict) else (given, {})
        return getattr(segment, self.opener)(name, *positional, **keywords)

    def make(self, segment, name="x"):
        return self.open(segment, name, self.parameters(segment))

    def use(self, handle):
        """What it is for; it is as before in the end."""
        raise NotImplementedError


TIMEOUTS = [((-1,), ValueError), ((-0.5,), ValueError), ((float("nan"),), ValueError), (("1",), TypeError), ((1, 2), TypeError)]


def refused_timeouts(method, *before):
    """Of a wait whose last argument is its timeout."""
    return [(lambda handle, given=given: getattr(handle, method)(*before, *given), error) for given, error in TIMEOUTS]


class Hold:
    """guard(segment) has acquire() and release() and is what `with` takes; alone() is what nobody can who keeps others out."""

    tells = False  # the next is told that its holder died

    def guard(self, segment):
        raise NotImplementedError

    def alone(self, segment):
        """Take it for a moment as nobody else may have it; whether it could."""
        guard = self.strongest(segment)
        return guard.acquire(False) and guard.release() is None

    def strongest(self, segment):
        return self.guard(segment)

    def told(self, segment):
        """Whether who holds it was told that the holder died."""
        return getattr(segment["x"], "recovered", False)


class Wait:
    """hold() makes wait() block in other processes and threads, free() ends that; wait() says whether it got it."""

    readonly = False  # a readonly attach may wait too
    held = False  # hold() is ended by the death of its process
    undone = False  # undo() gives another what wait() took
    tells = False  # wait() is told that the holder died

    def hold(self, segment):
        raise NotImplementedError

    def wait(self, segment, timeout=-1):
        raise NotImplementedError

    def enter(self, segment):
        """As `with` does it, where it can."""
        self.wait(segment)

    task = None  # task(segment, timeout=None): a coroutine that does the same

    def free(self, segment):
        raise NotImplementedError

    def undo(self, segment):
        """Give back what wait() took."""

    def target(self, segment):
        """The object whose waiters they are."""
        return segment["x"]

    def told(self, segment):
        """Whether wait() was told that the holder died."""
        return getattr(segment["x"], "recovered", False)


class HoldWait(Wait):
    """Of one who wants to hold it, while somebody holds it so that he must wait."""

    held = undone = True

    def __init__(self, wanted, holder=None):
        self.wanted, self.holder = wanted, holder or wanted
        self.tells = self.holder.tells

    def hold(self, segment):
        self.holder.guard(segment).acquire()

    def wait(self, segment, timeout=-1):
        return self.wanted.guard(segment).acquire(timeout=timeout)

    def enter(self, segment):
        with self.wanted.guard(segment):
            pass

    def task(self, segment, timeout=None):
        return self.wanted.guard(segment).acquire_async(timeout=timeout)

    def free(self, segment):
        self.holder.guard(segment).release()

    def undo(self, segment):
        self.wanted.guard(segment).release()


def seconds(timeout):
    return None if timeout < 0 else timeout
