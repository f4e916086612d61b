--TEST--
segment: a wrong size is a value error
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
foreach ([0, -1, '', '0', '-1', '12Q', 'M', '999999999999G', PHP_INT_MAX] as $size) {
    echo json_encode($size), ' ', thrown(fn () => Shoal\create(null, $size)), "\n";
}
?>
--EXPECT--
0 ValueError
-1 ValueError
"" ValueError
"0" ValueError
"-1" ValueError
"12Q" ValueError
"M" ValueError
"999999999999G" ValueError
9223372036854775807 ValueError
