--TEST--
event: what one set who died stays set
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$event = fresh()->event('e');
$in_time = 0;
for ($i = 0; $i < 10; $i++) {
    $waiter = start(fn () => exit($event->wait(10) ? 0 : 1));
    until_waiting($event);
    $in_time += seconds(function () use ($event, $waiter) {
        killed_after(fn () => $event->set());
        reap($waiter) === 0 || exit("not woken\n");
    }) < 0.3;
    $event->clear();
}
var_dump($in_time);
?>
--EXPECT--
int(10)
