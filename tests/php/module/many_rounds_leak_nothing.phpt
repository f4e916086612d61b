--TEST--
module: many rounds leak nothing
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
$segment = fresh('16M');
$round = function (int $i) use ($segment) {
    $segment['value'] = ['n' => $i, 'text' => str_repeat('x', $i % 3000)];
    $segment['value'];
    $segment->array('array', [$i % 50 + 1])->fill(1);
    $segment['array']->slice([0, 1])->toArray();
    unset($segment['value'], $segment['array']);
    foreach (live() as $name => $kind) {
        $made = $kind->make($segment, $name);
        $kind->use($made);
        array_map(fn ($look) => $look($made), $kind->looks);
        unset($segment[$name]);
    }
};
$facts = fn () => [$segment->used, memory_get_usage(), count(scandir('/proc/self/fd')), substr_count(file_get_contents('/proc/self/maps'), "\n")];
$rss = fn () => (int) preg_replace('/.*VmRSS:\s+(\d+).*/s', '$1', file_get_contents('/proc/self/status'));
[$facts(), $rss()];
for ($i = 0; $i < 3000; $i++) {
    $round($i);
}
[$before, $resident] = [$facts(), $rss()];
$rounds = getenv('SHOAL_TEST') === 'all' ? 1000000 : 30000;
for ($i = 0; $i < $rounds; $i++) {
    $round($i);
}
$after = $facts();
var_dump($before[0] === $after[0], abs($before[1] - $after[1]) < 1024, $before[2] === $after[2], $before[3] === $after[3], $rss() - $resident < 1024, $segment->check());
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
array(0) {
}
