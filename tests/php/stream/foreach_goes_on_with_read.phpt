--TEST--
stream: foreach goes on with read
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$stream = fresh()->stream('s');
$reader = $stream->reader();
$child = start(function () use ($stream) {
    until_waiting($stream, 1);
    foreach (['a', 'b', 'c', 'end', 'after'] as $value) {
        $stream->send($value);
    }
});
foreach ($reader as $number => $value) {
    echo "$number $value\n";
    if ($value === 'end') {
        break;
    }
}
var_dump(reap($child), $reader->read());
$iterator = $stream->getIterator();
var_dump($iterator->current(), $iterator->key(), $iterator->current());
$iterator->next();
var_dump($iterator->valid(), $iterator->current(), $stream->read());
echo complaint(function () use ($stream) {
    foreach ($stream as &$value) {
    }
}), "\n";
?>
--EXPECT--
1 a
2 b
3 c
4 end
int(0)
string(5) "after"
string(1) "a"
int(1)
string(1) "a"
bool(true)
string(1) "b"
string(1) "c"
Error: An iterator cannot be used with foreach by reference
