--TEST--
stream: a slow reader is told how many it missed
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$stream = fresh()->stream('s', 1024);
[$slow, $fast] = [$stream->reader(), $stream->reader()];
for ($i = 1; $i <= 500; $i++) {
    $stream->send($i);
    $fast->read(0) === $i || print "the fast one missed some\n";
}
$first = $slow->read(0);
var_dump($first === $stream->oldest, $first > 400, $slow->missed === $first - 1, $slow->number === $first, $fast->missed);
for ($i = $first + 1; $i <= 500; $i++) {
    $slow->read(0) === $i || print "out of order\n";
}
var_dump($slow->missed === $first - 1, $stream->newest);
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
bool(true)
int(0)
bool(true)
int(500)
