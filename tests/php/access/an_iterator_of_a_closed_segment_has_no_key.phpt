--TEST--
access: an iterator of a closed segment has no key and no value
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$segment['k'] = 1;
foreach (['key', 'current', 'valid', 'next'] as $method) {
    $again = Shoal\open($segment->name);
    $it = $again->getIterator();
    $again->close();
    echo $method, ': ', complaint(fn () => $it->$method()), "\n";
}
$again = Shoal\open($segment->name);
$it = $again->getIterator();
$it->rewind();
$again->close();
echo json_encode($it->key()), ' ', complaint(fn () => $it->current()), "\n";
?>
--EXPECT--
key: nothing
current: Shoal\Closed: this Shoal\Segment was closed
valid: Shoal\Closed: this Shoal\Segment was closed
next: nothing
"k" Shoal\Closed: this Shoal\Segment was closed
