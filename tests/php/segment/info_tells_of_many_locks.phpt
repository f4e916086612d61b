--TEST--
segment: info tells of many locks
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh('32M');
$handles = [];
for ($i = 0; $i < 500; $i++) {
    $handles[] = $segment->lock("lock number $i");
    $handles[$i]->acquire();
}
$locks = $segment->info()['locks'];
var_dump(count($locks), count(array_unique(array_column($locks, 'name'))), array_unique(array_map(fn ($lock) => $lock['holders'][0]['pid'] === getmypid(), $locks)));
?>
--EXPECT--
int(500)
int(500)
array(1) {
  [0]=>
  bool(true)
}
