--TEST--
kinds: a waiter that is killed as it wakes up loses nothing
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(array_filter(waits(), fn ($wait) => $wait->passes), function (Wait $wait, Shoal\Segment $segment) {
    for ($i = 0; $i < 20; $i++) {
        $wait->hold($segment);
        $in_time[] = seconds_to_pass_on(
            $segment, fn ($timeout = null) => $wait->wait($segment, $timeout), $segment['x'], fn () => $wait->free($segment),
        ) < 0.3;
    }
    return same(array_keys($in_time, false), []);
});
?>
--EXPECT--
all of them
