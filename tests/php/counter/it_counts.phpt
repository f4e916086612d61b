--TEST--
counter: it counts
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$counter = $segment->counter('c', 10);
echo json_encode([$counter->value, $counter->add(), $counter->add(5), $counter->sub(), $counter->sub(20), $counter->exchange(7), $counter->value]), "\n";
echo json_encode([$counter->compareExchange(8, 1), $counter->compareExchange(7, 1), $counter->value, (int) $counter, $counter->name]), "\n";
var_dump($counter > 0, $counter == 1);
?>
--EXPECT--
[10,11,16,15,-5,-5,7]
[false,true,1,1,"c"]
bool(true)
bool(true)
