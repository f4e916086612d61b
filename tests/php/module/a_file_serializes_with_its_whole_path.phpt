--TEST--
module: a file serializes with its whole path
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$path = fresh_path();
Shoal\create($path, '1M')['k'] = 1;
chdir(dirname($path));
$text = serialize(Shoal\open('./' . basename($path)));
chdir('/');
var_dump(unserialize($text)['k']);
?>
--EXPECT--
int(1)
