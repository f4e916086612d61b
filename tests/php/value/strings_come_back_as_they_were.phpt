--TEST--
value: strings come back as they were
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
foreach (['', 'a', 'Grüße', "a\0b", "\xff\xfe", '😀', str_repeat('x', 31), str_repeat('x', 32), str_repeat('x', 65535), str_repeat('é', 40000), random_bytes(300000)] as $value) {
    $segment['k'] = $value;
    var_dump($segment['k'] === $value);
}
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
