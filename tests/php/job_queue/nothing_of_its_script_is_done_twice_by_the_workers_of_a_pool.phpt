--TEST--
job queue: nothing of its script is done twice by the workers of a pool
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$me = getmypid();
final class Guard { public function __construct(private int $pid) {} public function __destruct() { echo getmypid() === $this->pid ? "destroyed\n" : "destroyed by a worker\n"; } }
$guard = new Guard($me);
register_shutdown_function(fn () => print getmypid() === $me ? "the end\n" : "the end of a worker\n");
ob_start();
echo "buffered\n";
$queue = fresh()->jobQueue('j');
$queue->putMany([1, 2]);
$queue->shutdown();
try {
    $counts = $queue->work(function () { register_shutdown_function(fn () => file_put_contents('php://stdout', "of the job\n")); exit; }, 1);
    echo $counts['retried'], ' ', $counts['dead'], ' ', $counts['died'], "\n";
} finally {
    echo getmypid() === $me ? "finally\n" : "finally in a worker\n";
}
ob_end_flush();
?>
--EXPECT--
of the job
of the job
of the job
of the job
of the job
of the job
buffered
4 2 0
finally
the end
destroyed
