--TEST--
job queue: a job whose value PHP cannot hold is left to others, and seen among the dead
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$queue = $segment->jobQueue('j', attempts: 2);
$queue->put(0x1122334455667788);
$file = fopen($segment->info()['path'], 'r+b');
$image = stream_get_contents($file);
fseek($file, strpos($image, pack('J', 0x1122334455667788)));
fwrite($file, pack('J', -1));
fclose($file);
echo complaint(fn () => $queue->take(0)), "\n";
var_dump($queue->take(0), $queue->delayed);
echo thrown(fn () => $queue->take(5)), "\n";
var_dump($queue->delayed, count($queue->dead()), $queue->dead()[0]['value'], $queue->dead()[0]['error'], $queue->revive());
$queue->shutdown();
$counts = $queue->work(fn () => print "never called\n");
var_dump($counts['done'], count($counts['errors']), count($queue->dead()), $segment->check());
?>
--EXPECT--
ArithmeticError: the stored integer 18446744073709551615 does not fit PHP's int
NULL
int(1)
ArithmeticError
int(0)
int(1)
NULL
string(62) "the stored integer 18446744073709551615 does not fit PHP's int"
int(1)
int(0)
int(2)
int(1)
array(0) {
}
