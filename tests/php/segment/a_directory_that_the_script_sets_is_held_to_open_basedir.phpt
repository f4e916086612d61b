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
Shoal\create($name, '1M')->close();
$given = getenv('SHOAL_DIR');
putenv("SHOAL_DIR=$outside");
Shoal\create('there', '1M')->close();
ini_set('open_basedir', "$inside:" . __DIR__);
foreach (['create', 'open', 'open_or_create', 'unlink'] as $function) {
    var_dump(thrown(fn () => ('Shoal\\' . $function)('there')));
}
var_dump(thrown(fn () => Shoal\segments()));
putenv("SHOAL_DIR=$inside");
Shoal\create('here', '1M')->close();
var_dump(array_column(Shoal\segments(), 'name'), thrown(fn () => Shoal\unlink('here')));
// where the process was told that plain names live is the administrator's word
putenv($given === false ? 'SHOAL_DIR' : "SHOAL_DIR=$given");
var_dump(thrown(fn () => Shoal\open($name)));
register_shutdown_function(fn () => exec("rm -r $inside $outside"));
?>
--EXPECT--
string(12) "Shoal\Denied"
string(12) "Shoal\Denied"
string(12) "Shoal\Denied"
string(12) "Shoal\Denied"
string(12) "Shoal\Denied"
array(1) {
  [0]=>
  string(4) "here"
}
string(7) "nothing"
string(7) "nothing"
