--TEST--
segment: a name with a slash is a mapped file
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$path = fresh_path();
$segment = Shoal\create($path, '1M');
$segment['k'] = 1;
$segment->close();
var_dump(is_file($path), Shoal\open($path)['k']);
chdir(dirname($path));
var_dump(Shoal\open('./' . basename($path))['k']);
Shoal\unlink($path);
clearstatcache();
var_dump(is_file($path));
?>
--EXPECT--
bool(true)
int(1)
int(1)
bool(false)
