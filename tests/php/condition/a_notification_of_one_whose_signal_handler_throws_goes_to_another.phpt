--TEST--
condition: a notification of one whose signal handler throws goes to another
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
$condition = $segment->condition('c', $lock);
$in_time = 0;
for ($i = 0; $i < 10; $i++) {
    $first = start(function () use ($lock, $condition) {
        pcntl_async_signals(true);
        pcntl_signal(SIGUSR1, fn () => throw new RuntimeException('signal'));
        $lock->acquire();
        exit(thrown(fn () => $condition->wait(10)) === 'RuntimeException' ? 0 : 1);
    });
    until_waiting($condition);
    $second = start(fn () => exit($lock->synchronized(fn () => $condition->wait(10)) ? 0 : 1));
    until_waiting($condition, 2);
    $lock->acquire();
    $condition->notify();
    exec("kill -USR1 $first; sleep 0.06");      // a slice: it stands at the lock, notified and with its exception
    $lock->release();
    $in_time += reap($first) === 1 || seconds(fn () => reap($second)) < 0.3;
    if (!until(fn () => count($condition->waiters) === 0)) {
        exit("lost in round $i\n");
    }
}
var_dump($in_time);
?>
--EXPECT--
int(10)
