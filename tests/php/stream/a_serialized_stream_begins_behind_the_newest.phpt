--TEST--
stream: a serialized stream begins behind the newest, and a reader is not serialized
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$stream = fresh()->stream('s');
$stream->send(1);
$copy = unserialize(serialize($stream));
var_dump($copy == $stream, thrown(fn () => $copy->read(0)), $stream->send(2), $copy->read(0));
echo complaint(fn () => serialize($stream->reader())), "\n", complaint(fn () => clone $stream->reader()), "\n", complaint(fn () => new Shoal\StreamReader()), "\n";
echo complaint(function () use ($stream) { $stream->reader()->missed = 1; }), "\n";
?>
--EXPECT--
bool(true)
string(13) "Shoal\Timeout"
int(2)
int(2)
Exception: Serialization of 'Shoal\StreamReader' is not allowed
Error: Trying to clone an uncloneable object of class Shoal\StreamReader
Error: Call to private Shoal\StreamReader::__construct() from global scope
Error: Cannot modify readonly property Shoal\StreamReader::$missed
