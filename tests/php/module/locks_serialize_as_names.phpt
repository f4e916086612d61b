--TEST--
module: locks serialize as names
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l', reentrant: true);
$handles = [$segment->rwlock('rw'), $segment->semaphore('s', 3), $segment->event('e'), $segment->condition('c', $lock), $segment->barrier('b', 1)];
$text = serialize($handles);
foreach (unserialize($text) as $i => $again) {
    echo get_class($again), ' ', json_encode([$again == $handles[$i], $again->name]), "\n";
}
$process = proc_open(php('[$rw, $s, $e, $c, $b] = unserialize(stream_get_contents(STDIN)); $e->set(); echo json_encode([$rw->write(0), $s->initial, $c->lock->synchronized(fn () => $c->notify()), $b->wait(0)]), "\n";'), [['pipe', 'r'], STDOUT], $pipes);
fwrite($pipes[0], $text);
fclose($pipes[0]);
var_dump(proc_close($process), $segment['e']->isSet());
$anonymous = Shoal\create(null, '1M');
foreach ([$anonymous->rwlock('rw'), $anonymous->condition('c', $anonymous->lock('l'))] as $handle) {
    echo complaint(fn () => serialize($handle)), "\n";
}
echo complaint(fn () => $handles[3]->__unserialize([])), "\n";
?>
--EXPECT--
Shoal\RWLock [true,"rw"]
Shoal\Semaphore [true,"s"]
Shoal\Event [true,"e"]
Shoal\Condition [true,"c"]
Shoal\Barrier [true,"b"]
[true,3,0,0]
int(0)
bool(true)
Exception: Serialization of 'Shoal\RWLock' is not allowed: its segment has no name
Exception: Serialization of 'Shoal\Condition' is not allowed: its segment has no name
Error: this Shoal\Condition is in use already
