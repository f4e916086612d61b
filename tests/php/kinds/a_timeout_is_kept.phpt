--TEST--
kinds: a timeout is kept
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(waits(), function (Wait $wait, Shoal\Segment $segment) {
    $holder = holder(fn () => $wait->hold($segment));
    foreach ([0.2, 0.01, 0] as $timeout) {
        ($segment['x']->broken ?? false) && $wait->hold($segment);
        $took = seconds(function () use ($wait, $segment, $timeout, &$got) { $got[] = $wait->wait($segment, $timeout); });
        $kept[] = $timeout <= $took && $took < $timeout + 0.5;
    }
    end_by($holder);
    return same([$got, $kept, $wait->waiting($segment)], [[false, false, false], [true, true, true], 0]);
});
?>
--EXPECT--
all of them
