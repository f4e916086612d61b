"""Python and PHP processes that are killed while they hold a lock. In the storm (test_storm.py) they are at random moments."""

import os
import subprocess
import sys
import time

import shoal


def test_the_next_taker_has_the_lock_within_300_ms_of_a_kill(tmp_path, amount):
    """The holder dies, in either language, while another process waits."""
    holders = (
        [sys.executable, "-c", "import shoal, sys, os; shoal.open(sys.argv[1]).lock('l').acquire(); print(flush=True); os.read(0, 1)"],
        ["php", "-n", "-d", f"extension={os.environ['SHOAL_PHP_EXTENSION']}", "-r",
         "$l = Shoal\\open($argv[1])->lock('l'); $l->acquire(); echo \"\\n\"; fgets(STDIN);"],
    )
    name = f"test-holder-{os.getpid()}"
    with shoal.create(name) as segment:
        lock = segment.lock("l")
        try:
            for round in range(2 * amount(10)):
                holder = subprocess.Popen([*holders[round % 2], name], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                assert holder.stdout.read(1) == b"\n"
                assert not lock.acquire(blocking=False)
                killed = time.monotonic()
                holder.kill()
                assert lock.acquire(timeout=5)
                took = time.monotonic() - killed
                assert lock.recovered and took < 0.3, took
                lock.release()
                assert lock.acquire(timeout=1) and not lock.recovered
                lock.release()
                assert segment.check() == []
                holder.communicate()
        finally:
            segment.unlink()
