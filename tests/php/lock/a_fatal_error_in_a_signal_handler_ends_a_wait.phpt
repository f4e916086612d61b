--TEST--
lock: a fatal error in a signal handler ends a wait
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
ini_set('display_errors', 0);
[$lock, $rw, $semaphore, $event, $counter, $barrier] = [$segment->lock('l'), $segment->rwlock('rw'), $segment->semaphore('s'), $segment->event('e'), $segment->counter('c'), $segment->barrier('b', 2)];
$lock->acquire();
$rw->write();
$semaphore->acquire();
foreach ([
    [$lock, fn () => $lock->acquire()], [$rw, fn () => $rw->read()], [$rw, fn () => $rw->write()], [$semaphore, fn () => $semaphore->acquire()],
    [$event, fn () => $event->wait()], [$counter, fn () => $counter->wait(0)],
] as [$object, $wait]) {
    $pid = start(function () use ($wait) {
        pcntl_async_signals(true);
        pcntl_signal(SIGUSR1, fn () => trigger_error('x', E_USER_ERROR));
        $wait();
    });
    until_waiting($object);
    echo json_encode([end_by($pid, 'USR1'), $object->waiters]), ' ';
}
$pid = start(function () use ($barrier) {
    pcntl_async_signals(true);
    pcntl_signal(SIGUSR1, fn () => trigger_error('x', E_USER_ERROR));
    $barrier->wait();
});
until(fn () => $barrier->waiting === 1);
echo json_encode([end_by($pid, 'USR1'), $barrier->holders, $barrier->broken]), "\n";
?>
--EXPECT--
[255,[]] [255,[]] [255,[]] [255,[]] [255,[]] [255,[]] [255,[],true]
