--TEST--
segment: a segment of somebody elses is denied
--EXTENSIONS--
shoal
--SKIPIF--
<?php if (getmyuid() !== 0 || fileowner('/proc/self') !== 0) die('skip needs root'); ?>
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$path = fresh_path();
Shoal\create($path, '1M', mode: 0666)['k'] = 1;
chown($path, 65534);
var_dump(thrown(fn () => Shoal\open($path)));
var_dump(Shoal\open($path, owner: 65534)['k'], Shoal\open($path, owner: 'any')['k']);
?>
--EXPECT--
string(12) "Shoal\Denied"
int(1)
int(1)
