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
    $pid = start(function () use ($wait, $object) {
        pcntl_async_signals(true);
        pcntl_signal(SIGUSR1, fn () => trigger_error('x', E_USER_ERROR));
        register_shutdown_function(fn () => print json_encode($object->waiters));
        $wait();
    });
    until_waiting($object);
    printf(" %d\n", end_by($pid, 'USR1'));
}
$pid = start(function () use ($barrier) {
    pcntl_async_signals(true);
    pcntl_signal(SIGUSR1, fn () => trigger_error('x', E_USER_ERROR));
    register_shutdown_function(fn () => print json_encode([$barrier->holders, $barrier->broken]));
    $barrier->wait();
});
until(fn () => $barrier->waiting === 1);
printf(" %d\n", end_by($pid, 'USR1'));
?>
--EXPECT--
[] 255
[] 255
[] 255
[] 255
[] 255
[] 255
[[],true] 255
