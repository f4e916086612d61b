--TEST--
barrier: an action that fails breaks it
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
foreach (['throw' => fn () => throw new LogicException('mine'), 'exit' => fn () => exit(7), 'fatal' => fn () => trigger_error('x', E_USER_ERROR)] as $how => $action) {
    $barrier = $segment->barrier($how, 2);
    $other = start(fn () => exit(str_contains(complaint(fn () => $barrier->wait(10)), 'stopped waiting') ? 0 : 1));
    until(fn () => $barrier->waiting === 1);
    $last = start(function () use ($barrier, $action) {
        ini_set('display_errors', 0);
        echo complaint(fn () => $barrier->wait(10, $action)) . "\n";
    });
    $started = hrtime(true);
    $ends = [reap($last), reap($other)]; // first the one that prints
    var_dump($ends[1], hrtime(true) - $started < 500e6, $ends[0], $barrier->broken);
}
?>
--EXPECT--
LogicException: mine
int(0)
bool(true)
int(0)
bool(true)
int(0)
bool(true)
int(7)
bool(true)
int(0)
bool(true)
int(255)
bool(true)
