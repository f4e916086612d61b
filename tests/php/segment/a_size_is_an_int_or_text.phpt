--TEST--
segment: a size is an int or text
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
foreach ([1 << 20, '1M', '1.5m', '2 MiB', '1048576', '1G'] as $size) {
    var_dump(Shoal\create(null, $size)->size);
}
?>
--EXPECT--
int(1048576)
int(1048576)
int(1572864)
int(2097152)
int(1048576)
int(1073741824)
