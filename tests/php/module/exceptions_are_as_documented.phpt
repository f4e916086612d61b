--TEST--
module: exceptions are as documented
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
foreach (['NotFound', 'AlreadyExists', 'TypeMismatch', 'NoSpace', 'Denied', 'ReadOnlyError', 'Corrupt', 'VersionMismatch', 'Timeout', 'OwnerDied', 'LockError', 'BrokenBarrier', 'Closed', 'SystemError'] as $class) {
    $error = new ("Shoal\\$class")('text');
    var_dump($error instanceof Shoal\Exception && $error instanceof RuntimeException && $error instanceof Throwable);
}
var_dump((new ReflectionClass(Shoal\Exception::class))->isInterface());
try {
    Shoal\open('test-nothing-of-that-name');
} catch (Shoal\Exception $error) {
    var_dump(get_class($error), $error->getCode(), str_contains($error->getMessage(), 'test-nothing-of-that-name'));
}
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
string(14) "Shoal\NotFound"
int(1)
bool(true)
