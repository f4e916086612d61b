"""A process that ends in good order leaves its barriers; one that just stops counts as dead, and breaks them."""

import atexit
import os
import sys

from ._shoal import _leave_barriers


class _Registered:
    """What multiprocessing.util.register_after_fork is given; it keeps only a weak reference."""


_registered = _Registered()
_known = False


def _at_the_end(_child_of_multiprocessing: object) -> None:
    """Also in a child that has just forgotten its parent's finalizers."""
    # Below 0: after it has waited for children of its own.
    sys.modules["multiprocessing.util"].Finalize(None, _leave_barriers, exitpriority=-100)


def _introduce() -> None:
    """Children of multiprocessing end with os._exit: they run its finalizers and nothing else. It is never imported here."""
    global _known
    if not _known and "multiprocessing.util" in sys.modules:
        _known = True
        sys.modules["multiprocessing.util"].register_after_fork(_registered, _at_the_end)


atexit.register(_leave_barriers)
_introduce()
if _known:  # this process may be such a child
    _at_the_end(_registered)
os.register_at_fork(before=_introduce)
