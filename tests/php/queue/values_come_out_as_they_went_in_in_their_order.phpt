--TEST--
queue: values come out as they went in, in their order
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->queue('q');
$values = [
    null, true, -1, PHP_INT_MAX, 2.5, '', 'text', "\xff\x00", str_repeat('é', 5000), str_repeat("\xfe", 100000), [], [1, [2, 'k' => null]],
    ['a' => 1, 5 => 'b'], new DateTimeImmutable('2026-01-02 03:04:05.000006', new DateTimeZone('UTC')), range(1, 9000), new Shoal\Bytes('bytes'),
];
foreach ($values as $value) {
    $queue->put($value);
}
var_dump(count($queue));
foreach ($values as $number => $value) {
    $came = $queue->get();
    $came == ($value instanceof Shoal\Bytes ? (string) $value : $value) && gettype($came) !== 'NULL' || $value === $came || print "$number came out otherwise\n";
}
var_dump(count($queue), $queue->used);
?>
--EXPECT--
int(16)
int(0)
int(0)
