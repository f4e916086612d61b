--TEST--
access: lists of any length come back, and can be changed
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
foreach ([0, 1, 2, 7, 8, 9, 15, 16, 17, 4095, 4096, 4097, 10000] as $count) {
    $list = [];
    for ($i = 0; $i < $count; $i++) {
        $list[] = $i % 3 ? $i : ["text $i", $i * 0.5];
    }
    $segment['list'] = $list;
    $back = $segment['list'];
    if ($back !== $list || !array_is_list($back)) {
        echo "a list of $count is another\n";
    }
    $back[] = $list[] = 'one more';
    if ($back !== $list || array_key_last($back) !== $count || current($back) !== current($list)) {
        echo "a list of $count and one more is another\n";
    }
    unset($back[0]);
    $back['key'] = 1;
    if (count($back) !== $count + 1 || iterator_count(new ArrayIterator($back)) !== $count + 1) {
        echo "a list of $count that was changed is another\n";
    }
}
echo "done\n";
?>
--EXPECT--
done
