--TEST--
access: assigning replaces a value
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
foreach ([1, 'text', ['list'], str_repeat('long', 100000), null] as $value) {
    $segment['k'] = $value;
    var_dump($segment['k'] === $value);
}
var_dump(count($segment));
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
int(1)
