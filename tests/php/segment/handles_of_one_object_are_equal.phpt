--TEST--
segment: handles of one object are equal, through whatever attach
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$readonly = Shoal\open($segment->name, readonly: true);
$other = fresh();
$all = [
    'counter' => fn ($in) => $in->counter('counter'), 'lock' => fn ($in) => $in->lock('lock'), 'rwlock' => fn ($in) => $in->rwlock('rwlock'),
    'semaphore' => fn ($in) => $in->semaphore('semaphore', 2), 'event' => fn ($in) => $in->event('event'),
    'condition' => fn ($in) => $in->condition('condition', $in->lock('its')), 'barrier' => fn ($in) => $in->barrier('barrier', 2),
];
foreach ($all as $kind => $make) {
    $handle = $make($segment);
    foreach ([$segment[$kind], $readonly[$kind], unserialize(serialize($handle))] as $it) {
        echo (int) ($handle == $it), (int) ($it == $handle), (int) in_array($it, [$handle]);
    }
    echo ' ', (int) ($handle == $make($other)), (int) ($handle == $segment), (int) ($handle === $segment[$kind]);
    unset($segment[$kind]);
    echo (int) ($handle == $make($segment)), " $kind\n"; // made anew
}
$closed = Shoal\open($segment->name);
echo (int) ($segment == $closed), (int) ($segment == $readonly), (int) ($segment == $other), (int) ($segment == unserialize(serialize($readonly)));
$closed->close();
echo ' ', (int) ($segment == $closed), (int) ($closed == $closed), "\n";
$anonymous = Shoal\create(null, '4M');
try {
    $anonymous->array('x', [1]);
    $anonymous->event('x');
} catch (Shoal\TypeMismatch $error) {
    echo $error->getMessage(), "\n";
}
?>
--EXPECT--
111111111 0000 counter
111111111 0000 lock
111111111 0000 rwlock
111111111 0000 semaphore
111111111 0000 event
111111111 0000 condition
111111111 0000 barrier
1101 11
"x" in segment "(anonymous)" is an NdArray, and an Event was asked for
