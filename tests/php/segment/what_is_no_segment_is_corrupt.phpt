--TEST--
segment: what is no segment is corrupt
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$path = fresh_path();
file_put_contents($path, random_bytes(100000));
echo thrown(fn () => Shoal\open($path)), "\n";
file_put_contents($path, '');
echo thrown(fn () => Shoal\open($path)), "\n";
unlink($path);
mkdir($path);
echo thrown(fn () => Shoal\open($path)), "\n";
rmdir($path);
symlink('/etc/passwd', $path);
echo thrown(fn () => Shoal\open($path)), "\n";
unlink($path);
exec('mkfifo ' . escapeshellarg($path));
echo thrown(fn () => Shoal\open($path)), "\n";
unlink($path);
Shoal\create($path, '1M')['k'] = str_repeat('x', 10000);
file_put_contents($path, substr(file_get_contents($path), 0, 5000));
echo thrown(fn () => Shoal\open($path)), "\n";
?>
--EXPECT--
Shoal\Corrupt
Shoal\Corrupt
Shoal\Corrupt
Shoal\Corrupt
Shoal\Corrupt
Shoal\Corrupt
