--TEST--
barrier: a script that ends has left
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$script = '$b = Shoal\open("' . $segment->name . '")->barrier("b", 2); $b->wait(10);';
for ($i = 0; $i < 2; $i++) {
    $one = proc_open(php($script), [], $pipes);
    $two = proc_open(php($script), [], $pipes);
    var_dump(proc_close($one), proc_close($two), $segment['b']->broken, $segment['b']->holders);
}
?>
--EXPECT--
int(0)
int(0)
bool(false)
array(0) {
}
int(0)
int(0)
bool(false)
array(0) {
}
