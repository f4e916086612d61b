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
$segment->counter('c', 7);
$segment->lock('l');
$reader = Shoal\open($segment->name, readonly: true);
var_dump($reader->readonly, $reader['k'], $reader['a']->sum(), $reader['c']->value, $reader['a']->readonly, count($reader));
$array = $reader['a'];
$writes = [
    fn () => $reader['k'] = 2, fn () => $reader->counter('new'), fn () => $reader['c']->add(),
    fn () => $reader['l']->acquire(), fn () => $array[0] = 1.0, fn () => $array->fill(1), fn () => $array->assign([1, 2]),
    fn () => $array->unpack(str_repeat("\0", 16)), fn () => $array->set(1, 0), fn () => $array->slice([0, 1])->fill(0),
    function () use ($reader) { unset($reader['k']); },
    fn () => $array->assign($segment['a']),
];
var_dump(array_unique(array_map('thrown', $writes)));
var_dump($reader['k'], $array->toArray());
?>
--EXPECT--
bool(true)
int(1)
float(6)
int(7)
bool(true)
int(4)
array(1) {
  [0]=>
  string(19) "Shoal\ReadOnlyError"
}
int(1)
array(2) {
  [0]=>
  float(3)
  [1]=>
  float(3)
}
