--TEST--
access: foreach over many names sees each once
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh('64M');
for ($i = 0; $i < 5000; $i++) {
    $segment["name number $i"] = $i;
}
$seen = [];
foreach ($segment as $name => $value) {
    $seen[$name] = $value;
}
var_dump(count($seen), array_sum($seen), count($segment));
?>
--EXPECT--
int(5000)
int(12497500)
int(5000)
