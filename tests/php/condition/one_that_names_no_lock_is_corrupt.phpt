--TEST--
condition: one that names no lock is corrupt
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$path = fresh_path();
$segment = Shoal\create($path, '1M');
$segment->condition('c', $segment->lock('the lock of it'));
$segment->close();
$content = file_get_contents($path);
$content[strrpos($content, "the lock of it\0")] = "\0"; // the first one is the lock's own name
file_put_contents($path, $content);
$segment = Shoal\open($path, true);
echo thrown(fn () => $segment['c']), "\n";
$segment->close();
unlink($path);
?>
--EXPECT--
Shoal\Corrupt
