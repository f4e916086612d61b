--TEST--
value: a writer killed while assigning leaves the old value or the new
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh('64M');
$segment['k'] = str_repeat('.', 1 << 20);
$bad = 0;
for ($round = 0; $round < 50; $round++) {
    $writer = pcntl_fork();
    if ($writer === 0) {
        for ($i = 0;; $i++) {
            $segment['k'] = str_repeat(chr(97 + $i % 26), 1 << 20);
        }
    }
    usleep(mt_rand(1000, 20000));
    exec("kill -KILL $writer");
    reap($writer);
    $value = $segment['k'];
    $bad += $value !== str_repeat($value[0], 1 << 20) || $segment->check() !== [] ? 1 : 0;
}
$segment['k'] = 'after';
var_dump($bad, $segment['k'], $segment->check());
?>
--EXPECT--
int(0)
string(5) "after"
array(0) {
}
