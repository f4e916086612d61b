--TEST--
stream: what one sent who died is there
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$stream = fresh()->stream('s');
killed_after(fn () => $stream->send('last words'));
var_dump($stream->read(5), $stream->send('next'), $stream->read(0));
?>
--EXPECT--
string(10) "last words"
int(2)
string(4) "next"
