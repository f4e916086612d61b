--TEST--
kinds: impossible arguments are refused
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(live(), function (Kind $kind, Shoal\Segment $segment) {
    $made = $kind->make($segment);
    foreach ($kind->refused as $number => [$call, $error]) {
        $said = complaint(fn () => $call($made));
        preg_match("/^$error: Shoal.\\w+::\\w+\\(\\): Argument #\\d \\(.\\w+\\) must be /", $said) || $wrong[] = "call $number: $said";
    }
    return same([$wrong ?? [], $kind->use($made)], [[], true]);
});
of_each(waits(), function (Wait $wait, Shoal\Segment $segment) {
    $wait->hold($segment);
    return same([preg_match('/ must be null, 0 or a positive number of seconds$/', $said = complaint(fn () => $wait->wait($segment, -1))) ?: $said], [1]);
});
?>
--EXPECT--
all of them
all of them
