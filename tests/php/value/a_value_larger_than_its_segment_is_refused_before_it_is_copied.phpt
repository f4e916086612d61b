--TEST--
value: a value larger than its segment is refused before it is copied
--EXTENSIONS--
shoal
--INI--
memory_limit=1G
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh('8M');
$million = str_repeat('x', 1 << 20);
$huge = [
    'list' => fn () => array_fill(0, 2000, $million),
    'map' => fn () => ['k' => array_fill(0, 1000, ['a' => $million, 'b' => $million])],
    'string' => fn () => str_repeat('x', 200 << 20),
    'items' => fn () => array_fill(0, 16 << 20, null),
];
function most(): int
{
    preg_match('/^VmHWM:\s*(\d+)/m', file_get_contents('/proc/self/status'), $found);
    return (int) $found[1] >> 10;
}
foreach ($huge as $what => $make) {
    $value = $make();
    $before = most();
    $told = complaint(fn () => $segment['k'] = $value);
    echo $what, ': ', strtok($told, ':'), ', ', str_contains($told, 'larger than its segment') ? 'says why' : $told, ', ',
        most() - $before <= 40 ? 'not copied' : 'copied', "\n";
    $value = null;
}
?>
--EXPECT--
list: Shoal\NoSpace, says why, not copied
map: Shoal\NoSpace, says why, not copied
string: Shoal\NoSpace, says why, not copied
items: Shoal\NoSpace, says why, not copied
