--TEST--
segment: a backup replaces nothing that is in use
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$segment['value'] = 1;
/* What of the reasons it says, and whether the file is still the same. */
function refused(Shoal\Segment $segment, string $path): string
{
    $before = lstat($path);
    $said = complaint(fn () => $segment->backup($path, overwrite: true));
    clearstatcache();
    $same = [$before['ino'], $before['mode']] === [lstat($path)['ino'], lstat($path)['mode']];
    preg_match('/not a regular file|own file|process (\d+) \(.*\) is attached|readonly has objects|this process/', $said, $reason);
    return ($same ? 'kept, ' : 'REPLACED, ') . strtok($said, ':') . ', ' . preg_replace('/process ' . getmypid() . ' .*\)/', 'this process', $reason[0] ?? $said) . "\n";
}
$fifo = fresh_path();
exec('mkfifo ' . escapeshellarg($fifo));
echo refused($segment, $fifo);
$link = fresh_path();
symlink(fresh_path(), $link);
echo refused($segment, $link);
unlink($link);
$target = fresh_path();
touch($target);
symlink($target, $link);
echo refused($segment, $link);
echo refused($segment, $segment->info()['path']);

$path = fresh_path();
$other = Shoal\create($path, '1M');
$other->counter('c');
echo refused($segment, $path);
$pid = holder(function () use ($path) {
    global $reader, $counter, $other; // the child was born with the other one
    $other = null;
    $reader = Shoal\open($path, readonly: true);
    $counter = $reader['c'];
});
unset($other);
echo refused($segment, $path);
end_by($pid);
$segment->backup($path, overwrite: true);
echo Shoal\open($path)['value'], "\n";
?>
--EXPECT--
kept, Shoal\Denied, not a regular file
kept, Shoal\Denied, not a regular file
kept, Shoal\Denied, not a regular file
kept, Shoal\Denied, own file
kept, Shoal\Denied, this process is attached
kept, Shoal\Denied, readonly has objects
1
