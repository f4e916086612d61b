--TEST--
segment: open basedir is respected
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
ini_set('open_basedir', __DIR__);
foreach (['create', 'open', 'open_or_create', 'unlink'] as $function) {
    var_dump(thrown(fn () => ('Shoal\\' . $function)('/tmp/test-open-basedir')));
}
?>
--EXPECT--
string(12) "Shoal\Denied"
string(12) "Shoal\Denied"
string(12) "Shoal\Denied"
string(12) "Shoal\Denied"
