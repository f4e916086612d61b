--TEST--
array: an array assigned to a name that others remove is stored
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$attempt = function (callable $do) {
    try {
        $do();
    } catch (Shoal\TypeMismatch) { // it is another live object just then
    }
};
$other = start(function () use ($segment, $attempt) {
    while (!isset($segment['stop'])) {
        $attempt(fn () => $segment->array('x', [3], 'int32'));
        unset($segment['x']);
        $attempt(fn () => $segment->counter('x'));
        unset($segment['x']);
    }
});
echo complaint(function () use ($segment, $attempt) {
    for ($end = microtime(true) + 1; microtime(true) < $end;) {
        $attempt(function () use ($segment) {
            $segment['x'] = [1, 2, 3];
        });
    }
}), "\n";
$segment['stop'] = true;
var_dump(reap($other), $segment->check());
?>
--EXPECT--
nothing
int(0)
array(0) {
}
