--TEST--
access: an iterator can be asked for what it is at, before and after everything else
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$segment['k'] = [1];
$it = $segment->getIterator();
var_dump($it->current() === [1], $it->key(), $it->valid(), $it->current() === [1]);
unset($segment['k']);
var_dump($it->current() === [1]);
$it->next();
var_dump($it->current(), $it->key(), $it->valid());
$it->rewind();
var_dump($it->current());
?>
--EXPECT--
bool(true)
string(1) "k"
bool(true)
bool(true)
bool(true)
NULL
NULL
bool(false)
NULL
