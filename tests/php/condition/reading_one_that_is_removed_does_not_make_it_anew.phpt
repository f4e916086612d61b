--TEST--
condition: reading one that is removed does not make it anew
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('lock');
$reader = start(function () use ($segment) {
    while (!isset($segment['stop'])) {
        $segment->get('c');
    }
});
$again = 0;
for ($end = microtime(true) + 1; microtime(true) < $end;) {
    $segment->condition('c', $lock);
    unset($segment['c']);
    usleep(20);
    $again += isset($segment['c']) ? 1 : 0;
    unset($segment['c']);
}
$segment['stop'] = true;
var_dump(reap($reader), $again, $segment->check());
?>
--EXPECT--
int(0)
int(0)
array(0) {
}
