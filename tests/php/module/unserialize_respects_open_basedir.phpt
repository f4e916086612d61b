--TEST--
module: unserialize respects open basedir
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$path = fresh_path();
$text = serialize(Shoal\create($path, '1M'));
ini_set('open_basedir', __DIR__);
var_dump(thrown(fn () => unserialize($text)));
ini_set('open_basedir', '');
?>
--EXPECT--
string(12) "Shoal\Denied"
