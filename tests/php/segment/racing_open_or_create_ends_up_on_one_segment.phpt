--TEST--
segment: racing open or create ends up on one segment
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$name = fresh_name();
$children = [];
for ($i = 0; $i < 16; $i++) {
    $children[$i] = pcntl_fork();
    if ($children[$i] === 0) {
        Shoal\open_or_create($name, '1M')->counter('arrived')->add();
        exit(0);
    }
}
var_dump(array_unique(array_map('reap', $children)));
var_dump(Shoal\open($name)->counter('arrived')->value);
?>
--EXPECT--
array(1) {
  [0]=>
  int(0)
}
int(16)
