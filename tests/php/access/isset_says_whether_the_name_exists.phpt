--TEST--
access: isset says whether the name exists
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$segment['null'] = null;
$segment['zero'] = 0;
$segment->counter('c');
var_dump(isset($segment['null']), isset($segment['zero']), isset($segment['c']), isset($segment['nothing']));
var_dump($segment->offsetExists('zero'), $segment->offsetExists('nothing'));
var_dump(empty($segment['zero']), empty($segment['c']), empty($segment['nothing']));
var_dump(isset($segment['zero']['x']), isset($segment['nothing']['x']));
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
bool(false)
bool(true)
bool(false)
bool(true)
bool(false)
bool(true)
bool(false)
bool(false)
