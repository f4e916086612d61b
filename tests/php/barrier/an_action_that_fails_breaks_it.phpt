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
        echo complaint(fn () => $barrier->wait(10, $action)), "\n";
    });
    var_dump(seconds(function () use ($other) { var_dump(reap($other)); }) < 0.5, reap($last), $barrier->broken);
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
