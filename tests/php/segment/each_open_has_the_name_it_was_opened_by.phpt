--TEST--
segment: each open has the name it was opened by
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$old = fresh_path();
$new = fresh_path();
$first = Shoal\create($old, '1M');
rename($old, $new);
$second = Shoal\open($new);
$other = Shoal\create($old, '1M');
var_dump($first->name === $old, $second->name === $new, $first->info()['path'] === $old, $second->info()['path'] === $new);
var_dump(thrown(fn () => $first->unlink()), file_exists($old), file_exists($new));
$second->unlink();
var_dump(file_exists($old), file_exists($new));

// a name leads on after an open by descriptor
$byNumber = Shoal\open($other->fileno());
var_dump(thrown(fn () => $byNumber->unlink()), thrown(fn () => serialize($byNumber)));
var_dump(unserialize(serialize($other))->name === $old);
$other->unlink();
var_dump(file_exists($old));
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
bool(true)
string(14) "Shoal\NotFound"
bool(true)
bool(true)
bool(true)
bool(false)
string(10) "ValueError"
string(9) "Exception"
bool(true)
bool(false)
