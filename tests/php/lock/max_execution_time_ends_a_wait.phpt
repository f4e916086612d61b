--TEST--
lock: max execution time ends a wait
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
$lock->acquire();
foreach (['lock("l")->acquire()', 'counter("c")->wait(0)'] as $wait) {
    $code = 'ini_set("display_errors", 1); set_time_limit(1); $s = Shoal\open("' . $segment->name . '"); $s->' . $wait . '; echo "not reached";';
    $process = proc_open(php($code), [1 => ['pipe', 'w']], $pipes);
    $start = hrtime(true);
    echo trim(stream_get_contents($pipes[1])), "\n";
    var_dump(proc_close($process));
}
?>
--EXPECTF--
%AFatal error: Maximum execution time of 1 second exceeded in Command line code on line 1
int(255)
%AFatal error: Maximum execution time of 1 second exceeded in Command line code on line 1
int(255)
