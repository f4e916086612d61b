--TEST--
segment: a backup is a sound copy that takes no name by force
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$segment['value'] = ['a' => 1];
$segment->array('array', [3])->fill(7);
$segment->lock('lock')->acquire();
$path = sys_get_temp_dir() . '/shoal-backup-' . getmypid();
$segment->backup($path);
var_dump(thrown(fn () => $segment->backup($path)));
$segment->backup($path, overwrite: true);
$copy = Shoal\open($path);
var_dump($copy['value'], $copy['array']->sum(), $copy['lock']->acquire(timeout: 0), $copy->check());
unlink($path);
?>
--EXPECT--
string(19) "Shoal\AlreadyExists"
array(1) {
  ["a"]=>
  int(1)
}
float(21)
bool(true)
array(0) {
}
