--TEST--
stream: every reader gets every message in order
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$name = fresh_name();
$segment = Shoal\create($name, '8M');
$stream = $segment->stream('s', 65536);
$seen = Shoal\open($name, readonly: true);
$readers = [$stream, $stream->reader(), $segment->stream('s'), $seen['s'], $seen['s']->reader(true)];
$values = [null, true, -5, PHP_INT_MAX, 1.5, '', 'Grüße', "\xff" . str_repeat("\0", 300), [1, [2, 'x']], ['a' => ['b' => null], 7 => 'x'], str_repeat('x', 20000)];
foreach ($values as $i => $value) {
    $stream->send($value) === $i + 1 || print "another number\n";
}
foreach ($readers as $reader) {
    foreach ($values as $value) {
        $reader->read(0) === $value || print "another value\n";
    }
    echo complaint(fn () => $reader->read(0)), ", $reader->missed missed, the last was $reader->number\n";
}
echo complaint(fn () => $stream->reader()->read(0)), ', ', $stream->reader(true)->read() === null ? 'null' : 'another', "\n";
?>
--EXPECT--
Shoal\Timeout: stream "s": message 12 did not come in time, 0 missed, the last was 11
Shoal\Timeout: stream "s": message 12 did not come in time, 0 missed, the last was 11
Shoal\Timeout: stream "s": message 12 did not come in time, 0 missed, the last was 11
Shoal\Timeout: stream "s": message 12 did not come in time, 0 missed, the last was 11
Shoal\Timeout: stream "s": message 12 did not come in time, 0 missed, the last was 11
Shoal\Timeout: stream "s": message 12 did not come in time, null
