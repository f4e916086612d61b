--TEST--
array: what does not fit is refused and changes nothing
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$wrong = [
    'int8' => [128, -129, 1.5, 'x', null, [], '1'], 'uint8' => [-1, 256, 'x'], 'uint64' => [-1, '18446744073709551616', '', '-1', '1x'],
    'bool' => ['x', null], 'float64' => ['1.5', null, [1, 2]], 'S3' => ['abcd', 1, 1.5, null], 'complex128' => [[1], [1, 2, 3], ['1', 2], 'x'],
];
foreach ($wrong as $dtype => $values) {
    $array = $segment->array($dtype, [2], $dtype);
    $before = $array->pack();
    $errors = [];
    foreach ($values as $value) {
        $errors[] = thrown(fn () => $array[0] = $value);
        thrown(fn () => $array->fill($value));
        thrown(fn () => $array->assign([$array[0], $value]));
    }
    echo "$dtype: ", implode(' ', array_unique($errors)), $array->pack() === $before ? '' : ' CHANGED', "\n";
}
?>
--EXPECT--
int8: ArithmeticError TypeError
uint8: ArithmeticError TypeError
uint64: ArithmeticError TypeError
bool: TypeError
float64: TypeError
S3: ArithmeticError TypeError
complex128: TypeError
