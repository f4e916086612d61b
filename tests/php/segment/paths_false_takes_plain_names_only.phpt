--TEST--
segment: paths false takes plain names only
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
foreach (['/dev/shm/x', '../x', './x', 'a/b', 'fd:0', 'sysv:1', '.x', "a\nb", ''] as $bad) {
    foreach (['create', 'open', 'open_or_create', 'unlink'] as $function) {
        $thrown = thrown(fn () => ('Shoal\\' . $function)($bad, paths: false));
        $thrown === 'ValueError' || print("$function of $bad: $thrown\n");
    }
}
var_dump(thrown(fn () => Shoal\open(0, paths: false)));
$name = fresh_name();
Shoal\create($name, '1M', paths: false)->close();
Shoal\open($name, paths: false)->close();
Shoal\open_or_create($name, '1M', paths: false)->close();
Shoal\unlink($name, false);
?>
--EXPECT--
string(10) "ValueError"
