--TEST--
kinds: a readonly attach waits for what it need not write
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(array_filter(waits(), fn ($wait) => $wait->readonly), function (Wait $wait, Shoal\Segment $segment, string $name) {
    $wait->hold($segment);
    $reader = Shoal\open($segment->name, readonly: true);
    $seen = [$reader['x']->readonly, $wait->wait($reader, 0), $wait->wait($reader, 0.02)];
    $waiter = start(fn () => exit($wait->wait(Shoal\open($segment->name, readonly: true), 10) ? 0 : 1));
    usleep(50000);
    $wait->free($segment);
    $looks = fn ($from) => array_map(fn ($look) => $look($from['x']), kinds()[$name]->looks);
    return same([...$seen, reap($waiter), $looks($reader) == $looks($segment), $wait->wait($reader)], [true, false, false, 0, true, true]);
});
?>
--EXPECT--
all of them
