--TEST--
access: null coalescing gives the default
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$segment['k'] = ['a' => 1];
var_dump($segment['k']['a'] ?? 'default', $segment['k']['b'] ?? 'default', $segment['nothing'] ?? 'default');
$segment['made'] ??= 5;
$segment['made'] ??= 6;
var_dump($segment['made']);
?>
--EXPECT--
int(1)
string(7) "default"
string(7) "default"
int(5)
