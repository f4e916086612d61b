--TEST--
segment: a shared segment goes with its last process
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$name = fresh_name();
child(fn () => Shoal\create($name, '1M', lifetime: 'shared'));
var_dump(thrown(fn () => Shoal\open($name)));
$segment = Shoal\create($name, '1M', lifetime: 'shared');
child(fn () => Shoal\open($name)['k'] = 1);
var_dump($segment['k']);
$segment->close();
var_dump(thrown(fn () => Shoal\open($name)));
?>
--EXPECT--
string(14) "Shoal\NotFound"
int(1)
string(14) "Shoal\NotFound"
