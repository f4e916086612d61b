--TEST--
map: a full map evicts, or says so
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$evicts = $segment->map('evicts', '512K');
$keeps = $segment->map('keeps', '512K', evict: false);
for ($i = 0; $i < 20000; $i++) {
    $evicts["key $i"] = str_repeat('x', 50);
    $last[] = $evicts["key $i"] === str_repeat('x', 50);
}
$stats = $evicts->stats();
var_dump(!in_array(false, $last, true), $stats['items'] === count($evicts), $stats['evicted'] + $stats['items'] === 20000);
try {
    for ($i = 0; $i < 20000; $i++) {
        $keeps["key $i"] = str_repeat('x', 50);
    }
} catch (Shoal\NoSpace $error) {
    var_dump(str_contains($error->getMessage(), '524288'), count($keeps) === $i);
}
for ($whole = 0, $j = 0; $j < $i; $j++) {
    $whole += $keeps["key $j"] === str_repeat('x', 50);
}
var_dump($whole === $i, $segment->check());
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
array(0) {
}
