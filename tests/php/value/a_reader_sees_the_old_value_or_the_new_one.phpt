--TEST--
value: a reader sees the old value or the new one
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh('64M');
$segment['k'] = str_repeat('a', 200000);
$writer = pcntl_fork();
if ($writer === 0) {
    for ($i = 0; !isset($segment['stop']); $i++) {
        $segment['k'] = str_repeat(chr(97 + $i % 26), 100000 + $i % 7 * 50000);
    }
    exit(0);
}
$torn = 0;
$versions = [];
for ($i = 0; $i < 3000; $i++) {
    $value = $segment['k'];
    $torn += $value !== str_repeat($value[0], strlen($value)) ? 1 : 0;
    $versions[$value[0]] = true;
}
$segment['stop'] = true;
var_dump(reap($writer), $torn, count($versions) > 1, $segment->check());
?>
--EXPECT--
int(0)
int(0)
bool(true)
array(0) {
}
