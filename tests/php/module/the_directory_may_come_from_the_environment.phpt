--TEST--
module: the directory may come from the environment
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$directory = fresh_path();
mkdir($directory);
$process = proc_open(php('Shoal\create("here", "1M");'), [], $pipes, env_vars: ['SHOAL_DIR' => $directory] + getenv());
var_dump(proc_close($process), file_exists("$directory/shoal.here"));
unlink("$directory/shoal.here");
rmdir($directory);
?>
--EXPECT--
int(0)
bool(true)
