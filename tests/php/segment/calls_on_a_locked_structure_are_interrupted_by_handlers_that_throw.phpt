--TEST--
segment: calls on a locked structure are interrupted by handlers that throw
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
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
    'info' => fn () => $segment->info(),
];
foreach (live() as $name => $kind) {
    $calls[$name] = fn () => $kind->make($segment, $name);
}
foreach ($calls as $name => $call) {
    signal_soon('ALRM');
    $said = complaint($call);
    $said === 'DomainException: interrupted' || print "$name: $said\n";
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
check, which waits for nobody: []
closed: Shoal\Closed
[1,2,[],0]
