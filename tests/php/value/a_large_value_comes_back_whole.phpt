--TEST--
value: a large value comes back whole
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh('64M');
$value = ['text' => str_repeat('0123456789', 500000), 'list' => range(1, 100000)];
$segment['k'] = $value;
var_dump($segment['k'] === $value);
?>
--EXPECT--
bool(true)
