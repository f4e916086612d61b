--TEST--
module: segments and strict locks serialize as names
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$text = serialize([$segment, $segment->lock('l', strict: true)]);
[$again, $lock] = unserialize($text);
$again['k'] = 'v';
var_dump($segment['k'], $again->name === $segment->name, $lock->strict, $lock->name);
$process = proc_open(php('[$s, $l] = unserialize(stream_get_contents(STDIN)); $s["from"] = "child"; $l->acquire();'), [['pipe', 'r']], $pipes);
fwrite($pipes[0], $text);
fclose($pipes[0]);
var_dump(proc_close($process), $segment['from'], thrown(fn () => $lock->acquire()));
?>
--EXPECT--
string(1) "v"
bool(true)
bool(true)
string(1) "l"
int(0)
string(5) "child"
string(15) "Shoal\OwnerDied"
