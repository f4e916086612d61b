--TEST--
value: a time that not every language has is an arithmetic error
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$segment['k'] = 'kept';
$times = ['0000-12-31 23:59:59.999999 UTC', '0001-01-01 00:00 +01:00', '9999-12-31 23:59:59 -01:00', '10000-01-01 UTC', '-4000-01-01 UTC', '@' . PHP_INT_MAX];
foreach ($times as $n => $text) {
    $time = $n % 2 ? new DateTime('2000-01-01 UTC') : new DateTimeImmutable('2000-01-01 UTC');
    $time = str_starts_with($text, '1') ? $time->setDate(10000, 1, 1) : new $time($text);
    echo complaint(fn () => $segment['k'] = $n % 2 ? ['n' => [0, $time]] : $time), "\n";
}
echo $segment['k'], "\n";
?>
--EXPECT--
ArithmeticError: a time that is outside of the years 1 to 9999 in UTC (-62135596801 s from 1970) cannot be stored
ArithmeticError: ["n"][1]: a time that is outside of the years 1 to 9999 in UTC (-62135600400 s from 1970) cannot be stored
ArithmeticError: a time that is outside of the years 1 to 9999 in UTC (253402304399 s from 1970) cannot be stored
ArithmeticError: ["n"][1]: a time that is outside of the years 1 to 9999 in UTC (253402300800 s from 1970) cannot be stored
ArithmeticError: a time that is outside of the years 1 to 9999 in UTC (-188395027200 s from 1970) cannot be stored
ArithmeticError: ["n"][1]: a time that is outside of the years 1 to 9999 in UTC (9223372036854775807 s from 1970) cannot be stored
kept
