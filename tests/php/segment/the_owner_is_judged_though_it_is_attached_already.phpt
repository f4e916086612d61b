--TEST--
segment: the owner is judged though it is attached already
--EXTENSIONS--
shoal
--SKIPIF--
<?php if (getmyuid() !== 0 || fileowner('/proc/self') !== 0) die('skip needs root'); ?>
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$path = fresh_path();
Shoal\create($path, '1M', mode: 0666)->close();
chown($path, 65534);
$trusted = Shoal\open($path, owner: 'any');
var_dump(thrown(fn () => Shoal\open($path)), thrown(fn () => Shoal\open($path, owner: 1)), thrown(fn () => Shoal\open($path, owner: 65534)));
?>
--EXPECT--
string(12) "Shoal\Denied"
string(12) "Shoal\Denied"
string(7) "nothing"
