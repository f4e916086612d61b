--TEST--
segment: calls on a locked structure are interrupted by handlers that throw
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh('16M');
$segment['old'] = 1;
$counter = $segment->counter('removed');
unset($segment['removed']);
$holder = structure_holder($segment);
pcntl_async_signals(true);
pcntl_signal(SIGALRM, fn () => throw new DomainException('interrupted'));
$calls = [
    'put' => function () use ($segment) { $segment['new'] = 1; },
    'large' => function () use ($segment) { $segment['new'] = str_repeat('x', 1_000_000); },
    'unset' => function () use ($segment) { unset($segment['old']); },
    'counter' => fn () => $segment->counter('c'),
    'lock' => fn () => $segment->lock('l'),
    'array' => fn () => $segment->array('a', [10]),
    'info' => fn () => $segment->info(),
];
foreach ($calls as $name => $call) {
    pcntl_alarm(1);
    echo $name, ': ', complaint($call), "\n";
}
echo 'check, which waits for nobody: ', json_encode($segment->check()), "\n";
pcntl_signal(SIGALRM, fn () => $segment->close());
pcntl_alarm(1);
echo 'closed: ', thrown($calls['put']), "\n";
$segment = Shoal\open($segment->name);
pcntl_signal(SIGALRM, fn () => exec("kill -CONT $holder"));
pcntl_alarm(1);
$segment['new'] = 2;
$start = hrtime(true);
$counter = null; // nobody has the structure: at once
pcntl_waitpid($holder, $status);
$segment->counter('other');
echo json_encode([$segment['old'], $segment['new'], $segment->check(), $segment->info()['removed']]), "\n";
?>
--EXPECT--
put: DomainException: interrupted
large: DomainException: interrupted
unset: DomainException: interrupted
counter: DomainException: interrupted
lock: DomainException: interrupted
array: DomainException: interrupted
info: DomainException: interrupted
check, which waits for nobody: []
closed: Shoal\Closed
[1,2,[],0]
