"""A PHP whose descriptors were closed, as by what starts daemons. PHP itself cannot do that: FFI calls close()."""

import subprocess

from serving import HERE, extension

GONE = r"""
require 'segment.inc';
$segment = Shoal\create(null, '8M');
$segment['old'] = 1;
$lock = $segment->lock('l');
$barrier = $segment->barrier('b', 2);
reap(start(function () use ($segment, $lock) {
    $lock->acquire();
    take_structure($segment);
    die_now();
}));
$c = FFI::cdef('int close(int); int geteuid(void); int setuid(unsigned);');
for ($i = 3; $i < 1024; $i++) {
    $c->close($i);
}
$c->geteuid() === 0 && $c->setuid(65534); // root alone finds a way through what is mapped
$calls = [
    'put' => function () use ($segment) { $segment['new'] = 1; },
    'replace' => function () use ($segment) { $segment['old'] = 2; },
    'large' => function () use ($segment) { $segment['new'] = str_repeat('x', 1_000_000); },
    'unset' => function () use ($segment) { unset($segment['old']); },
    'counter' => fn () => $segment->counter('c'),
    'array' => fn () => $segment->array('a', [10]),
    'info' => fn () => $segment->info(),
    'check' => fn () => $segment->check(),
    'acquire' => fn () => $lock->acquire(),
];
foreach ($calls as $name => $call) {
    try {
        $call();
        echo "$name: done\n";
    } catch (Shoal\SystemError $error) {
        echo str_contains($error->getMessage(), 'closed its descriptor') ? '' : $error->getMessage() . "\n";
    }
}
echo $segment['old'], $barrier->parties;
"""


def test_calls_say_that_the_descriptor_is_gone_when_no_death_can_be_proved():
    command = ["php", "-n", "-d", f"extension={extension()}", "-d", "extension=ffi", "-r", GONE]
    done = subprocess.run(command, cwd=HERE, stdout=subprocess.PIPE, text=True, timeout=60, check=True)
    assert done.stdout == "12"
