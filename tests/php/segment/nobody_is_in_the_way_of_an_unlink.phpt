--TEST--
segment: nobody is in the way of an unlink
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$name = fresh_name();
$shared = Shoal\create($name, '1M', lifetime: 'shared');
$path = $shared->info()['path'];
/* All that another user can foretell, with ls -i. (Regular files of one's own would be mended.) */
$in_the_way = function () use ($path) {
    $old = sprintf('%s/.shoal-old-%016x-', dirname($path), fileinode($path));
    foreach ([$old . basename($path), $old . str_repeat('0', 16) . '-' . basename($path)] as $name) {
        is_link($name) && unlink($name);
        symlink('nothing is there', $name);
    }
};
$in_the_way();
unset($shared);
var_dump(file_exists($path));
$segment = Shoal\create($name, '1M');
$in_the_way();
$segment->unlink();
var_dump(file_exists($path));
$segment = Shoal\open_or_create($name, '1M');
$in_the_way();
Shoal\unlink($name);
var_dump(file_exists($path));
array_map('unlink', glob(dirname($path) . '/.shoal-old-*-' . basename($path)));
?>
--EXPECT--
bool(false)
bool(false)
bool(false)
