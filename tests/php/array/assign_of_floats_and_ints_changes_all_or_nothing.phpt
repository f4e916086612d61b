--TEST--
array: assign() of floats and ints, which are copied without a detour, changes all or nothing
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$wrong = [
    'float64' => ['x', null, [1.0]],
    'int64' => [2.5, '3', null, PHP_INT_MAX + 1],
];
foreach (['float64' => 0.5, 'int64' => 7] as $dtype => $element) {
    $line = $segment->array("$dtype line", [100], $dtype);
    $block = $segment->array("$dtype block", [4, 5], $dtype);
    $before = array_fill(0, 100, $element);
    $rows = array_fill(0, 4, array_fill(0, 5, $element));
    $line->assign($before);
    $block->assign($rows);
    var_dump($line->toArray() === $before, $block->toArray() === $rows);
    $other = is_float($element) ? 1.25 : -9;
    foreach ($wrong[$dtype] as $bad) {
        $list = array_fill(0, 100, $other);
        $list[99] = $bad;
        $nested = array_fill(0, 4, array_fill(0, 5, $other));
        $nested[3][4] = $bad;
        foreach ([[$line, $list], [$block, $nested]] as [$array, $given]) {
            try {
                $array->assign($given);
                echo "taken: ", var_export($bad, true), "\n";
            } catch (TypeError | ArithmeticError $error) {
                echo get_class($error), ": ", $error->getMessage(), "\n";
            }
        }
    }
    foreach ([array_fill(0, 99, $other), array_fill(0, 101, $other), array_fill(1, 100, $other)] as $list) {
        try {
            $line->assign($list);
            echo "taken\n";
        } catch (Shoal\TypeMismatch $error) {
            echo $error->getMessage(), "\n";
        }
    }
    $ragged = array_fill(0, 4, array_fill(0, 5, $other));
    array_pop($ragged[3]);
    try {
        $block->assign($ragged);
        echo "taken\n";
    } catch (Shoal\TypeMismatch $error) {
        echo $error->getMessage(), "\n";
    }
    var_dump($line->toArray() === $before, $block->toArray() === $rows);
    $block->slice([], [0, null, 2])->assign(array_fill(0, 4, array_fill(0, 3, $other)));
    var_dump($block[3]->toArray() === [$other, $element, $other, $element, $other]);
    $referenced = array_fill(0, 100, $other);
    $reference = &$referenced[50];
    $line->assign($referenced);
    var_dump($line->toArray() === array_fill(0, 100, $other));
}
$mixed = $segment->array('mixed', [3], 'float64');
$mixed->assign([1.5, 2, true]);
var_dump($mixed->toArray());
?>
--EXPECT--
bool(true)
bool(true)
TypeError: [99]: an element of dtype float64 cannot be made of string
TypeError: [3][4]: an element of dtype float64 cannot be made of string
TypeError: [99]: an element of dtype float64 cannot be made of null
TypeError: [3][4]: an element of dtype float64 cannot be made of null
TypeError: [99]: an element of dtype float64 cannot be made of array
TypeError: [3][4]: an element of dtype float64 cannot be made of array
a list of 100 is wanted here, 99 given
a list of 100 is wanted here, 101 given
a list is wanted here, an array with keys given
[3]: a list of 5 is wanted here, 4 given
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
TypeError: [99]: 2.5 is not a whole number and cannot be stored in an array of int64
TypeError: [3][4]: 2.5 is not a whole number and cannot be stored in an array of int64
TypeError: [99]: an element of dtype int64 cannot be made of string
TypeError: [3][4]: an element of dtype int64 cannot be made of string
TypeError: [99]: an element of dtype int64 cannot be made of null
TypeError: [3][4]: an element of dtype int64 cannot be made of null
ArithmeticError: [99]: 9.22337e+18 does not fit in int64
ArithmeticError: [3][4]: 9.22337e+18 does not fit in int64
a list of 100 is wanted here, 99 given
a list of 100 is wanted here, 101 given
a list is wanted here, an array with keys given
[3]: a list of 5 is wanted here, 4 given
bool(true)
bool(true)
bool(true)
bool(true)
array(3) {
  [0]=>
  float(1.5)
  [1]=>
  float(2)
  [2]=>
  float(1)
}

