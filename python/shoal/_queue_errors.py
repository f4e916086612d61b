"""What the module queue has names for: made when the first queue is opened, since to import queue imports threading."""

import queue
import sys

from ._shoal import Error


class Full(Error, queue.Full):
    """the queue has no room for it, and the deadline passed"""


class Empty(Error, queue.Empty):
    """the queue has nothing to give, and the deadline passed"""


if sys.version_info >= (3, 13):

    class ShutDown(Error, queue.ShutDown):
        """the queue was shut down"""

else:

    class ShutDown(Error):
        """the queue was shut down"""


for _made in (Full, Empty, ShutDown):
    _made.__module__ = "shoal"
del _made
