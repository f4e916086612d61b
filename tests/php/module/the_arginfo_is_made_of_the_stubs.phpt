--TEST--
module: the arginfo is made of the stubs
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
foreach (glob(__DIR__ . '/../../../php/*.stub.php') as $stub) {
    $arginfo = file_get_contents(str_replace('.stub.php', '_arginfo.h', $stub));
    preg_match('/Stub hash: (\w+)/', $arginfo, $hash);
    $stubs = ($stubs ?? 0) + 1;
    if ($hash[1] !== sha1(str_replace("\r\n", "\n", file_get_contents($stub)))) {
        echo basename($stub), " was changed: run php/gen-arginfo\n";
    }
}
var_dump($stubs >= 12);
?>
--EXPECT--
bool(true)
