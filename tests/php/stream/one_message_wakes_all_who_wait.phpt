--TEST--
stream: one message wakes all who wait
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$stream = fresh()->stream('s');
$waiters = array_map(fn () => start(fn () => exit($stream->read(10) === 'up' ? 0 : 1)), range(1, 4));
until_waiting($stream, 4);
$stream->send('up');
var_dump(array_sum(array_map('reap', $waiters)), $stream->waiters);
?>
--EXPECT--
int(0)
array(0) {
}
