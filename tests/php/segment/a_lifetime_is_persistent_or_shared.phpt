--TEST--
segment: a lifetime is persistent or shared
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
var_dump(Shoal\create(fresh_name(), '1M')->info()['lifetime']);
var_dump(Shoal\create(fresh_name(), '1M', lifetime: 'shared')->info()['lifetime']);
var_dump(thrown(fn () => Shoal\create(fresh_name(), '1M', lifetime: 'long')));
?>
--EXPECT--
string(10) "persistent"
string(6) "shared"
string(10) "ValueError"
