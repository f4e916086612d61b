--TEST--
module: what has no name cannot be serialized
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = Shoal\create(null, '1M');
foreach ([$segment, $segment->array('a', [1]), $segment->counter('c'), $segment->lock('l')] as $handle) {
    echo complaint(fn () => serialize($handle)), "\n";
}
?>
--EXPECT--
Exception: Serialization of 'Shoal\Segment' is not allowed: its segment has no name
Exception: Serialization of 'Shoal\NdArray' is not allowed: its segment has no name
Exception: Serialization of 'Shoal\Counter' is not allowed: its segment has no name
Exception: Serialization of 'Shoal\Lock' is not allowed: its segment has no name
