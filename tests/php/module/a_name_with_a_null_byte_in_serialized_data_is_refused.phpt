--TEST--
module: a name with a null byte in serialized data is refused
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
// what is checked against open_basedir and what is opened are one name: behind the null byte stands a slash
$inside = fresh_path();
$outside = fresh_path();
mkdir($inside);
mkdir($outside);
register_shutdown_function(fn () => exec("rm -r $inside $outside"));
$given = getenv('SHOAL_DIR');
putenv("SHOAL_DIR=$outside");
$name = fresh_name();
$text = serialize(Shoal\create($name, '1M'));
$longer = sprintf('s:%d:"%s"', strlen($name) + 2, "$name\0/");
chdir($inside);
ini_set('open_basedir', "$inside:" . __DIR__);
echo complaint(fn () => unserialize(str_replace(serialize($name), "$longer;", $text))), "\n";
putenv($given === false ? 'SHOAL_DIR' : "SHOAL_DIR=$given");
?>
--EXPECT--
UnexpectedValueException: Incomplete or ill-typed serialization data
