--TEST--
segment: a readonly attach reads and refuses writes
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$segment['k'] = 1;
$segment->array('a', [2])->fill(3.0);
$reader = Shoal\open($segment->name, readonly: true);
var_dump($reader->readonly, $reader['k'], $reader['a']->sum(), $reader['a']->readonly, count($reader));
$array = $reader['a'];
$writes = [
    fn () => $reader['k'] = 2, fn () => $reader['new'] = 2, function () use ($reader) { unset($reader['k']); }, fn () => $array->assign($segment['a']),
];
var_dump(array_unique(array_map('thrown', $writes)), $reader['k']);
?>
--EXPECT--
bool(true)
int(1)
float(6)
bool(true)
int(2)
array(1) {
  [0]=>
  string(19) "Shoal\ReadOnlyError"
}
int(1)
