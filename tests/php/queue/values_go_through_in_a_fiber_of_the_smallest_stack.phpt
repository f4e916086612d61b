--TEST--
queue: values go through in a fiber of the smallest stack
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
ini_set('fiber.stack_size', PHP_VERSION_ID < 80300 ? '16K' : '80K'); // from 8.3 on 48K of it are reserved, at least
$queue = fresh()->queue('q');
$values = [...range(1, 200), ['k' => [1, 2.5, ['k' => str_repeat('x', 3000)]]], str_repeat('y', 20000)];
$fiber = new Fiber(fn () => [$queue->putMany($values), $queue->getMany(1000) === $values, $queue->put($values), $queue->get() === $values]);
$fiber->start();
echo json_encode($fiber->getReturn()), "\n";
?>
--EXPECT--
[202,true,true,true]
