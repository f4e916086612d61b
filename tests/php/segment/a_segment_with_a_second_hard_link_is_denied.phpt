--TEST--
segment: a segment with a second hard link is denied
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$one = fresh_path();
$two = fresh_path();
Shoal\create($one, '1M')->close();
link($one, $two);
foreach ([$one, $two] as $path) {
    var_dump(thrown(fn () => Shoal\open($path)), thrown(fn () => Shoal\open_or_create($path)));
}
Shoal\unlink($two);
var_dump(thrown(fn () => Shoal\open($one)));
?>
--EXPECT--
string(12) "Shoal\Denied"
string(12) "Shoal\Denied"
string(12) "Shoal\Denied"
string(12) "Shoal\Denied"
string(7) "nothing"
