"""A process that exits normally leaves its barriers; a process that is killed counts as dead, which breaks them."""

import atexit
import os
import sys

from ._shoal import _leave_barriers


class _Registered:
    """The object that register_after_fork() of multiprocessing.util wants; _registered keeps it alive."""


_registered = _Registered()
_known = False


def _at_the_end(_child_of_multiprocessing: object) -> None:
    """Register the finalizer, also in a forked child, which has just dropped those of its parent."""
    # Below 0: after it has waited for children of its own.
    sys.modules["multiprocessing.util"].Finalize(None, _leave_barriers, exitpriority=-100)


def _introduce() -> None:
    """Children of multiprocessing end with os._exit() and run only its finalizers. It is never imported from here."""
    global _known
    if not _known and "multiprocessing.util" in sys.modules:
        _known = True
        sys.modules["multiprocessing.util"].register_after_fork(_registered, _at_the_end)


atexit.register(_leave_barriers)
_introduce()
if _known:  # this process may be such a child
    _at_the_end(_registered)
os.register_at_fork(before=_introduce)
