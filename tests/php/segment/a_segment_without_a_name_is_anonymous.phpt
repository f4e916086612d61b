--TEST--
segment: a segment without a name is anonymous
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = Shoal\create(null, '1M');
$segment['k'] = 1;
var_dump($segment->name, $segment['k']);
var_dump(thrown(fn () => $segment->unlink()) !== 'nothing');
?>
--EXPECT--
string(0) ""
int(1)
bool(true)
