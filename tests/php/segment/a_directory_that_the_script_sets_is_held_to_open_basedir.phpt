--TEST--
segment: a directory that the script sets is held to open_basedir
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$inside = fresh_path();
$outside = fresh_path();
mkdir($inside);
mkdir($outside);
$name = fresh_name();
$there = fresh_name();
$here = fresh_name();
Shoal\create($name, '1M')->close();
$given = getenv('SHOAL_DIR');
putenv("SHOAL_DIR=$outside");
Shoal\create($there, '1M')->close();
// with threads the environment is everybody's: there a script's change has no effect
var_dump(file_exists("$outside/shoal.$there") === !PHP_ZTS);
$refused = fn (string $otherwise = 'nothing') => PHP_ZTS ? $otherwise : 'Shoal\Denied';
ini_set('open_basedir', "$inside:" . __DIR__);
var_dump(thrown(fn () => Shoal\create($there)) === $refused('Shoal\AlreadyExists'));
foreach (['open', 'open_or_create', 'unlink'] as $function) {
    var_dump(thrown(fn () => ('Shoal\\' . $function)($there)) === $refused());
}
var_dump(thrown(fn () => Shoal\segments()) === $refused());
putenv("SHOAL_DIR=$inside");
Shoal\create($here, '1M')->close();
var_dump(file_exists("$inside/shoal.$here") === !PHP_ZTS, in_array($here, array_column(Shoal\segments(), 'name')));
var_dump(thrown(fn () => Shoal\unlink($here)));
// where the process was told that plain names live is the administrator's word
putenv($given === false ? 'SHOAL_DIR' : "SHOAL_DIR=$given");
var_dump(thrown(fn () => Shoal\open($name)));
register_shutdown_function(fn () => exec("rm -r $inside $outside"));
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
string(7) "nothing"
string(7) "nothing"
