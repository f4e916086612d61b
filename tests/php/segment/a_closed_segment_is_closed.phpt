--TEST--
segment: a closed segment is closed
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$segment->close();
$segment->close();
var_dump($segment->closed, $segment->name !== '', $segment->size);
$uses = [
    fn () => $segment['k'], fn () => $segment['k'] = 1, fn () => isset($segment['k']), fn () => count($segment),
    function () use ($segment) { unset($segment['k']); },
    function () use ($segment) { foreach ($segment as $_); },
    fn () => $segment->get('k'), fn () => $segment->info(), fn () => $segment->check(), fn () => $segment->unlink(),
    fn () => $segment->fileno(), fn () => $segment->used, fn () => serialize($segment),
];
var_dump(array_unique(array_map('thrown', $uses)));
?>
--EXPECT--
bool(true)
bool(true)
int(8388608)
array(1) {
  [0]=>
  string(12) "Shoal\Closed"
}
