--TEST--
stream: a forked child reads on from the place of its parent
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$stream = fresh()->stream('s');
$reader = $stream->reader();
foreach ([1, 2, 3] as $value) {
    $stream->send($value);
}
var_dump($reader->read(), child(fn () => exit($reader->read(0) * 10 + $reader->read(0))), $reader->read(), $reader->read());
?>
--EXPECT--
int(1)
int(23)
int(2)
int(3)
