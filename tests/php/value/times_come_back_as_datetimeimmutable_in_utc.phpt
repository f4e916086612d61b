--TEST--
value: times come back as datetimeimmutable in utc
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
date_default_timezone_set('Asia/Tokyo');
$segment = fresh();
$times = ['2024-02-29 12:34:56.789012 Europe/Berlin', '1970-01-01 UTC', '1969-12-31 23:59:59.999999 UTC', '@-1', '@1.5', '0001-01-01 UTC', '2262-04-12 UTC', '9999-12-31 23:59:59.999999 UTC'];
foreach ($times as $text) {
    foreach (['DateTimeImmutable', 'DateTime'] as $class) {
        $time = new $class($text);
        $segment['k'] = ['at' => $time];
        $back = $segment['k']['at'];
        if ($back != $time || $back->format('U.u e') !== $time->format('U.u') . ' UTC' || get_class($back) !== 'DateTimeImmutable') {
            var_dump($time, $back);
        }
    }
}
echo $segment['k']['at']->format('c e'), "\n";
?>
--EXPECT--
9999-12-31T23:59:59+00:00 UTC
