--TEST--
lock: a wait is not inherited by a child forked in a signal handler
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
$condition = $segment->condition('c', $lock);
$barrier = $segment->barrier('b', 2);
pcntl_async_signals(true);
foreach ([
    'acquire' => fn () => $lock->acquire(10), 'wait' => fn () => $lock->synchronized(fn () => $condition->wait(10)), 'meet' => fn () => $barrier->wait(10),
] as $name => $wait) {
    $holder = $name === 'acquire' ? holder(fn () => $lock->acquire()) : 0;
    $pid = start(function () use ($wait, $name) {
        /* The handler forks: its child goes on in the midst of a wait that is not its own. */
        pcntl_signal(SIGUSR1, function () use (&$child) { $child = pcntl_fork(); });
        $complaint = complaint($wait);
        if ($child === 0) {
            echo "$name: ", strtok($complaint, ':'), "\n";
            exit(0);
        }
        exit(reap($child) + ($complaint === 'nothing' ? 0 : 10));
    });
    until(fn () => $lock->waiters || $condition->waiters || $barrier->waiting) || exit("nobody waits\n");
    exec("kill -USR1 $pid; sleep 0.2");
    $name === 'acquire' ? end_by($holder) : ($name === 'wait' ? $lock->synchronized(fn () => $condition->notify()) : $barrier->wait(10));
    var_dump(reap($pid), $lock->waiters, $condition->waiters, $barrier->broken);
}
?>
--EXPECT--
acquire: Shoal\LockError
int(0)
array(0) {
}
array(0) {
}
bool(false)
wait: Shoal\LockError
int(0)
array(0) {
}
array(0) {
}
bool(false)
meet: Shoal\LockError
int(0)
array(0) {
}
array(0) {
}
bool(false)
