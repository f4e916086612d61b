--TEST--
queue: nothing said opens the queue as it is
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
var_dump($segment->queue('new')->capacity, $segment->queue('given', '64K')->capacity, $segment->queue('given')->capacity, $segment->queue('given', 65536) == $segment['given']);
$segment->jobQueue('jobs', 5000, 7);
var_dump(get_class($segment->queue('jobs')), $segment->queue('jobs')->attempts, get_class($segment->queue('more jobs', jobs: true)), get_class($segment->queue('plain', jobs: false)));
var_dump($segment->queue('with options', '1M', true, 9, 2.5)->lease, thrown(fn () => $segment->queue('jobs', jobs: false)), thrown(fn () => $segment->queue('plain', jobs: true)));
?>
--EXPECT--
int(1048576)
int(65536)
int(65536)
bool(true)
string(14) "Shoal\JobQueue"
int(7)
string(14) "Shoal\JobQueue"
string(11) "Shoal\Queue"
float(2.5)
string(18) "Shoal\TypeMismatch"
string(18) "Shoal\TypeMismatch"
