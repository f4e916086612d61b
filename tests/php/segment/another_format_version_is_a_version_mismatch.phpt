--TEST--
segment: another format version is a version mismatch
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$path = fresh_path();
Shoal\create($path, '1M')->close();
$bytes = file_get_contents($path);
$bytes[8] = "\xee";
file_put_contents($path, $bytes);
echo thrown(fn () => Shoal\open($path)), "\n";
?>
--EXPECT--
Shoal\VersionMismatch
