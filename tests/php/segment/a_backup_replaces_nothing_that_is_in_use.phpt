--TEST--
segment: a backup replaces nothing that is in use
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$segment['value'] = 1;
function refused(Shoal\Segment $segment, string $path): string
{
    $before = lstat($path);
    $said = complaint(fn () => $segment->backup($path, overwrite: true));
    clearstatcache();
    $after = lstat($path);
    $same = [$before['ino'], $before['mode']] === [$after['ino'], $after['mode']];
    return ($same ? '' : 'REPLACED ') . preg_replace('/^(.*?): .*?: (.*?)[;,]? .*(file|attached|open).*$/', '$1: $2 .. $3', $said) . "\n";
}
$fifo = fresh_path();
posix_mkfifo($fifo, 0600);
echo refused($segment, $fifo);
$link = fresh_path();
symlink('/dev/null', $link);
echo refused($segment, $link);
echo refused($segment, $segment->info()['path']);

$path = fresh_path();
$other = Shoal\create($path, '1M');
$other->counter('c');
echo refused($segment, $path);
$pid = holder(function () use ($path) {
    global $reader, $counter;
    $reader = Shoal\open($path, readonly: true);
    $counter = $reader['c'];
});
unset($other);
echo preg_match('/attached|open/', complaint(fn () => $segment->backup($path, overwrite: true))), "\n";
end_by($pid);
$segment->backup($path, overwrite: true);
echo Shoal\open($path)['value'], "\n";
?>
--EXPECT--
