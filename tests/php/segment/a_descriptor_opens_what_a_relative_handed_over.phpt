--TEST--
segment: a descriptor opens what a relative handed over
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = Shoal\create(null, '1M');
$segment['question'] = 'how many?';
$code = '$s = Shoal\open(3); $s["answer"] = strlen($s["question"]);';
$inherited = fopen('php://fd/' . $segment->fileno(), 'r+');
$process = proc_open(php($code), [3 => $inherited], $pipes);
var_dump(proc_close($process), $segment['answer']);
?>
--EXPECT--
int(0)
int(9)
