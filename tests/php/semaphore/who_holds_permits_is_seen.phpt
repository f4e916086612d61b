--TEST--
semaphore: who holds permits is seen
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$semaphore = fresh()->semaphore('s', 3);
$holder = holder(fn () => $semaphore->acquire() && $semaphore->acquire());
$semaphore->acquire();
$waiter = start(fn () => $semaphore->acquire());
until_waiting($semaphore);
$counts = array_column($semaphore->holders, 'count', 'pid');
var_dump($counts[$holder], $counts[getmypid()], count($counts), $semaphore->waiters[0]['pid'] === $waiter, $semaphore->waiters[0]['alive']);
end_by($waiter);
end_by($holder);
var_dump(until(fn () => count($semaphore->holders) === 1));
?>
--EXPECT--
int(2)
int(1)
int(2)
bool(true)
bool(true)
bool(true)
