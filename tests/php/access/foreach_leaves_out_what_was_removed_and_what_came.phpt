--TEST--
access: foreach leaves out what was removed and what came
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
foreach (range(1, 50) as $i) {
    $segment["k$i"] = $i;
}
$seen = 0;
foreach ($segment as $name => $value) {
    foreach (range(1, 50) as $i) {
        unset($segment["k$i"]);
    }
    $segment['new'] = 1;
    $seen++;
}
var_dump($seen, count($segment));
?>
--EXPECT--
int(1)
int(1)
