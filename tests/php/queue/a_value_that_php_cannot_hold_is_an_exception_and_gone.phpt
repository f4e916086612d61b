--TEST--
queue: a value that PHP cannot hold is an exception, and gone
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$queue = $segment->queue('q');
$queue->putMany([0x1122334455667788, 'next', 0x1122334455667788, 'another']);
$file = fopen($segment->info()['path'], 'r+b');
for ($image = stream_get_contents($file), $at = 0; $at = strpos($image, pack('J', 0x1122334455667788), $at + 1); ) {
    fseek($file, $at);
    fwrite($file, pack('J', -1));
}
fclose($file);
echo complaint(fn () => $queue->get()), "\n";
var_dump($queue->get());
echo thrown(fn () => $queue->tryGet()), "\n";
var_dump($queue->getMany(5), $segment->check());
?>
--EXPECT--
ArithmeticError: the stored integer 18446744073709551615 does not fit PHP's int
string(4) "next"
ArithmeticError
array(1) {
  [0]=>
  string(7) "another"
}
array(0) {
}
