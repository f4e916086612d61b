--TEST--
job queue: exit, fatal errors and exceptions of a callable do not end a pool
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$queue = $segment->jobQueue('j', attempts: 2);
$queue->putMany(['exit', 'fatal', 'memory', 'throws', ...range(1, 30)]);
$queue->shutdown();
$counts = $queue->work(function ($value) {
    ini_set('display_errors', 0);
    match ($value) {
        'exit' => exit(3), 'fatal' => trigger_error('fatal', E_USER_ERROR), 'memory' => str_repeat('x', PHP_INT_MAX >> 1), 'throws' => throw new Exception('thrown'),
        default => null,
    };
}, 2);
sort($counts['errors']);
var_dump($counts['done'], $counts['dead'], $counts['died'], $counts['left'], preg_replace('/\d+/', 'N', $counts['errors']));
?>
--EXPECT--
int(30)
int(4)
int(4)
int(0)
array(6) {
  [0]=>
  string(17) "Exception: thrown"
  [1]=>
  string(17) "Exception: thrown"
  [2]=>
  string(28) "worker N ended with status N"
  [3]=>
  string(28) "worker N ended with status N"
  [4]=>
  string(28) "worker N ended with status N"
  [5]=>
  string(28) "worker N ended with status N"
}
