--TEST--
module: handles serialize as names
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$segment->array('a', [2], 'int32')[1] = 7;
$segment->counter('c', 5);
$segment->lock('l', strict: true);
$text = serialize([$segment, $segment['a'], $segment['c'], $segment->lock('l', strict: true)]);
[$again, $array, $counter, $lock] = unserialize($text);
$array[0] = 3;
$counter->add();
$again['k'] = 'v';
var_dump($segment['k'], $segment['a']->toArray(), $segment['c']->value, $again->name === $segment->name, $lock->strict, $lock->name);
$process = proc_open(php('[$s, $a, $c, $l] = unserialize(stream_get_contents(STDIN)); $c->add($a->sum()); $s["from"] = "child"; $l->acquire();'), [['pipe', 'r']], $pipes);
fwrite($pipes[0], $text);
fclose($pipes[0]);
var_dump(proc_close($process), $segment['c']->value, $segment['from'], thrown(fn () => $lock->acquire()));
?>
--EXPECT--
string(1) "v"
array(2) {
  [0]=>
  int(3)
  [1]=>
  int(7)
}
int(6)
bool(true)
bool(true)
string(1) "l"
int(0)
int(16)
string(5) "child"
string(15) "Shoal\OwnerDied"
