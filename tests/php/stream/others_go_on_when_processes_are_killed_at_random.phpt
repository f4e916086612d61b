--TEST--
stream: others go on when processes are killed at random
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$stream = $segment->stream('s', 4096);
$readers = [];
echo storm($segment, function () use ($stream, &$readers) {
    $readers[getmypid()] ??= [$stream->reader(true), 0];
    [$reader, $last] = $readers[getmypid()];
    if (mt_rand(0, 1)) {
        $n = mt_rand(0, 60);
        $stream->send([$n, str_repeat(chr(64 + $n), $n * 10)]);
        return;
    }
    try {
        [$n, $text] = $reader->read(0);
        $text === str_repeat(chr(64 + $n), $n * 10) || exit("a torn message\n");
        $reader->number > $last || exit("backwards\n");
        $readers[getmypid()][1] = $reader->number;
    } catch (Shoal\Timeout) {
    }
}), "\n";
$number = $stream->send('still');
var_dump($number === $stream->newest, $segment->check());
?>
--EXPECT--
[]
bool(true)
array(0) {
}
