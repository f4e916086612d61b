--TEST--
segment: a script ends that finds the structure locked
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$holder = structure_holder($segment);
$signal = 'pcntl_async_signals(true); pcntl_alarm(1); pcntl_signal(SIGALRM, fn () => ';
$ways = [
    'set_time_limit(1);',
    $signal . 'exit(3));',
    $signal . 'ini_set("memory_limit", "8M") && str_repeat("x", 1 << 30));',
    $signal . 'throw new Exception("thrown"));',
];
foreach ($ways as $way) {
    $code = 'ini_set("display_errors", 1); $s = Shoal\open("' . $segment->name . '", readonly: true); $s->close(); register_shutdown_function(fn () => print " shutdown\n"); ' . $way
        . ' $s = Shoal\open("' . $segment->name . '"); $s["x"] = 1; echo "not reached";';
    $process = proc_open(php($code), [1 => ['pipe', 'w']], $pipes);
    echo preg_replace('/ in .* line \d+|Stack trace.*?thrown/s', '', trim(stream_get_contents($pipes[1]))), ' ';
    var_dump(proc_close($process));
}
exec("kill -CONT $holder");
pcntl_waitpid($holder, $status);
echo json_encode([count($segment), $segment->check()]), "\n";
?>
--EXPECTF--
Fatal error: Maximum execution time of 1 second exceeded%w shutdown int(255)
shutdown int(3)
Fatal error: Allowed memory size of %a shutdown int(255)
Fatal error: Uncaught Exception: thrown%w shutdown int(255)
[1,[]]
