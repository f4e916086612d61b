--TEST--
module: a relative path in serialized data is the script's
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
// with threads each script has a current directory of its own, which is not the process's
$here = fresh_path();
mkdir($here);
register_shutdown_function(fn () => exec("rm -r $here"));
$text = serialize(Shoal\create("$here/file", '1M'));
chdir($here);
$relative = str_replace(serialize("$here/file"), serialize('./file'), $text);
echo complaint(fn () => printf("%d\n", unserialize($relative)->size)), "\n";
ini_set('open_basedir', __DIR__);
echo thrown(fn () => unserialize($relative)), "\n";
?>
--EXPECT--
1048576
nothing
Shoal\Denied
