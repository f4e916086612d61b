--TEST--
segment: a file of a removed segment can be made again
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$name = fresh_name();
for ($i = 0; $i < 3; $i++) {
    $segment = Shoal\create($name, '1M');
    var_dump(count($segment));
    $segment['k'] = $i;
    $segment->unlink();
}
var_dump($segment['k']);
?>
--EXPECT--
int(0)
int(0)
int(0)
int(2)
