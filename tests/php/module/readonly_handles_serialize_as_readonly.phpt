--TEST--
module: readonly handles serialize as readonly
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$segment['k'] = 1;
$again = unserialize(serialize(Shoal\open($segment->name, readonly: true)));
var_dump($again->readonly, $again['k'], thrown(fn () => $again['k'] = 2));
?>
--EXPECT--
bool(true)
int(1)
string(19) "Shoal\ReadOnlyError"
