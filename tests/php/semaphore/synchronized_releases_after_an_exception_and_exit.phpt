--TEST--
semaphore: synchronized releases after an exception and exit
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$semaphore = fresh()->semaphore('s', 1);
var_dump($semaphore->synchronized(fn (Shoal\Semaphore $held) => [$held === $semaphore, $held->value]));
echo complaint(fn () => $semaphore->synchronized(fn () => throw new LogicException('mine'))), "\n";
var_dump($semaphore->value);
$child = child(function () use ($semaphore) {
    register_shutdown_function(fn () => print json_encode([$semaphore->value, $semaphore->acquire(0)]) . "\n");
    $semaphore->synchronized(fn () => exit(3));
});
var_dump($child, $semaphore->acquire(1));
$semaphore->release();
echo complaint(fn () => $semaphore->synchronized(fn ($held) => $held->release())), "\n";
?>
--EXPECTF--
array(2) {
  [0]=>
  bool(true)
  [1]=>
  int(0)
}
LogicException: mine
int(1)
[1,true]
int(3)
bool(true)
Shoal\LockError: %s
