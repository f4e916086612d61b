--TEST--
barrier: abort and reset end the waits
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$barrier = fresh()->barrier('b', 2);
foreach (['abort' => true, 'reset' => false] as $how => $broken) {
    $other = start(fn () => exit(thrown(fn () => $barrier->wait(10)) === 'Shoal\BrokenBarrier' ? 0 : 1));
    until(fn () => $barrier->waiting === 1);
    $barrier->$how();
    var_dump(reap($other), $barrier->broken === $broken, $barrier->waiting);
    if ($broken) {
        var_dump(thrown(fn () => $barrier->wait()), thrown(fn () => $barrier->wait(0)));
        $barrier->reset();
    }
}
$other = start(fn () => exit($barrier->wait(10)));
var_dump($barrier->wait(10) + reap($other), $barrier->broken);
?>
--EXPECT--
int(0)
bool(true)
int(0)
string(19) "Shoal\BrokenBarrier"
string(19) "Shoal\BrokenBarrier"
int(0)
bool(true)
int(0)
int(1)
bool(false)
