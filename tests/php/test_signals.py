"""A PHP that is interrupted all the time. It has no timers of its own that are fast enough: they are set before it is started."""

import signal
import subprocess

import pytest

from serving import HERE, extension

DIES = """
require 'segment.inc';
$segment = Shoal\\open($argv[1]);
$segment->lock('l')->acquire();
$segment->rwlock('rw')->write();
$segment->semaphore('s')->acquire();
take_structure($segment);
die_now();
"""

GOES_ON = """
pcntl_async_signals(true);
$handled = 0;
pcntl_signal(SIGALRM, function () use (&$handled) { $handled++; });
while ($handled < 2);
function within_2_seconds(callable $call): mixed
{
    $start = hrtime(true);
    $result = $call() ?: exit('no');
    echo hrtime(true) - $start < 2e9 ? 'y' : 'n';
    return $result;
}
$segment = within_2_seconds(fn () => Shoal\\open($argv[1]));
within_2_seconds(fn () => $segment['new'] = 2);
within_2_seconds(fn () => $segment->lock('l')->acquire());
within_2_seconds(fn () => $segment->rwlock('rw')->write());
within_2_seconds(fn () => $segment->semaphore('s')->acquire());
pcntl_alarm(0); // PHP is to end first
echo $segment->info()['recoveries'];
"""


def run(code, name, **options):
    command = ["php", "-n", "-d", f"extension={extension()}", "-r", code, name]
    return subprocess.run(command, cwd=HERE, stdout=subprocess.PIPE, text=True, timeout=60, **options)


@pytest.mark.parametrize("period", [0.001, 0.005])
def test_signals_do_not_postpone_the_proof_of_a_death(segment, period):
    def interrupt_all_the_time():
        signal.signal(signal.SIGALRM, signal.SIG_IGN)  # stays over exec, as the timer does, unless it meets a signal ignored
        signal.setitimer(signal.ITIMER_REAL, 2, period)

    assert run(DIES, segment).returncode == -signal.SIGKILL
    assert run(GOES_ON, segment, preexec_fn=interrupt_all_the_time, check=True).stdout == "yyyyy1"
