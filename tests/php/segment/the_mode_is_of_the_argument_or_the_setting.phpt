--TEST--
segment: the mode is of the argument or the setting
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$mode = fn ($segment) => sprintf('%o', $segment->info()['mode']);
umask(077);
var_dump($mode(fresh()));
var_dump($mode(Shoal\create(fresh_name(), '1M', mode: 0644)));
ini_set('shoal.mode', '0660');
var_dump($mode(fresh()));
var_dump(ini_set('shoal.mode', '888'), ini_set('shoal.mode', '01000'), ini_set('shoal.mode', ''), ini_get('shoal.mode'));
var_dump(thrown(fn () => Shoal\create(fresh_name(), '1M', mode: 01000)));
?>
--EXPECT--
string(3) "600"
string(3) "644"
string(3) "660"
bool(false)
bool(false)
bool(false)
string(4) "0660"
string(10) "ValueError"
