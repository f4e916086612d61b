--TEST--
access: a name must be a string
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
foreach ([1, 1.5, null, true, [], new stdClass] as $name) {
    echo thrown(fn () => $segment[$name]), ' ', thrown(fn () => $segment[$name] = 1), ' ', thrown(fn () => isset($segment[$name])), "\n";
}
?>
--EXPECT--
TypeError TypeError TypeError
TypeError TypeError TypeError
TypeError TypeError TypeError
TypeError TypeError TypeError
TypeError TypeError TypeError
TypeError TypeError TypeError
