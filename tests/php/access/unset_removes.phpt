--TEST--
access: unset removes
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$segment['k'] = 1;
$segment->counter('c')->add(3);
unset($segment['k'], $segment['c'], $segment['nothing']);
var_dump(count($segment), isset($segment['k']), $segment->counter('c')->value);
?>
--EXPECT--
int(0)
bool(false)
int(0)
