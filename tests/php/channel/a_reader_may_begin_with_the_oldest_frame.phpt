--TEST--
channel: a reader may begin with the oldest frame
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$channel = fresh()->channel('history', [4], 'u1', 6, 3);
for ($number = 1; $number <= 5; $number++) {
    $channel->send($number);
}
foreach ([0, 3, 4, null] as $seen) {
    echo $channel->read($seen)->number, "\n";
}
echo $channel->read(0)->missed, "\n";
?>
--EXPECT--
3
4
5
5
2
