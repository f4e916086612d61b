<?php
/* Look at every picture that comes, until the last: php watch.php SEGMENT WHO FRAMES */

declare(strict_types=1);

[, $name, $who, $frames] = $argv;
$segment = Shoal\open($name);
$channel = $segment->channel('camera');
$segment->counter('watching')->add();
$seen = 0;
$ages = [];

foreach ($channel as $number => $frame) {
    $ages[] = microtime(true) - $frame->time;
    $seen++;
    [$first, $last] = [$frame->array->slice(0), $frame->array->slice(-1)];  // no copy
    if ($first != $last || $first[0] !== $number % 256) {
        exit("picture $number is torn\n");
    }
    if ($number >= (int) $frames) {
        break;
    }
}
sort($ages);
$segment["report $who"] = ['seen' => $seen, 'missed' => $channel->missed, 'age' => $ages[intdiv(count($ages), 2)]];
