--TEST--
condition: a second signal ends the wait for the lock too
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
$condition = $segment->condition('c', $lock);
pcntl_async_signals(true);
$thrown = 0;
pcntl_signal(SIGUSR1, function () use (&$thrown) { throw new RuntimeException('signal ' . ++$thrown); });
$lock->acquire();
[$me, $taken] = [getmypid(), $segment->counter('taken')];
$holder = start(function () use ($lock, $me, $taken) {
    $lock->acquire();
    $taken->add();
    exec("kill -USR1 $me; sleep 0.2; kill -USR1 $me");
    sleep(60);
});
try {
    $lock->synchronized(...) && $condition->wait();
} catch (RuntimeException $error) {
    echo $error->getMessage(), ' after ', $error->getPrevious()->getMessage(), "\n";
}
var_dump($lock->owner['pid'] === $holder, thrown(fn () => $lock->release()), $condition->waiters, $lock->waiters);
end_by($holder);
?>
--EXPECT--
signal 2 after signal 1
bool(true)
string(15) "Shoal\LockError"
array(0) {
}
array(0) {
}
