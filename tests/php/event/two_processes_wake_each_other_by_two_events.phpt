--TEST--
event: two processes wake each other by two events
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
[$ping, $pong] = [$segment->event('ping'), $segment->event('pong')];
$other = start(function () use ($ping, $pong) {
    for ($i = 0; $i < 2000; $i++) {
        $ping->wait(10) || exit(1);
        $ping->clear();
        $pong->set();
    }
});
for ($i = 0; $i < 2000; $i++) {
    $ping->set();
    $pong->wait(10) || exit("lost in round $i\n");
    $pong->clear();
}
var_dump(reap($other));
?>
--EXPECT--
int(0)
