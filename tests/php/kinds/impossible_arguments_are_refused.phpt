--TEST--
kinds: impossible arguments are refused
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
require __DIR__ . '/../../kinds/kinds.php';
of_each(live(), function (Kind $kind, Shoal\Segment $segment) {
    $made = $kind->make($segment);
    foreach ([...$kind->refused, fn ($handle) => $handle->other = 1] as $call) {
        $said[] = complaint(fn () => $call($made));
    }
    $wrong = preg_grep('/^ValueError: Shoal\\\\\w+::\w+\(\): Argument #\d \(\$\w+\) must be /', array_slice($said, 0, -1), PREG_GREP_INVERT);
    return same([array_values($wrong), strtok(end($said), ':'), $kind->use($made)], [[], 'Error', true]);
});
of_each(waits(), function (Wait $wait, Shoal\Segment $segment) {
    $wait->hold($segment);
    return same([thrown(fn () => $wait->wait($segment, -1)), thrown(fn () => $wait->wait($segment, NAN))], ['ValueError', 'ValueError']);
});
?>
--EXPECT--
all of them
all of them
