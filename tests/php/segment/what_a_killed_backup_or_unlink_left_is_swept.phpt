--TEST--
segment: what a killed backup or unlink left is swept by who comes next
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
for ($i = 0; $i < 4; $i++) {
    $segment["large$i"] = str_repeat('x', 1 << 20);
}
$directory = fresh_path();
mkdir($directory);
$left = fn () => array_map('basename', array_merge(glob("$directory/.shoal-*"), glob("$directory/*")));

for ($i = 0; $i < 5; $i++) {
    [$reader, $writer] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $pid = pcntl_fork();
    while ($pid === 0) {
        fwrite($writer, '.');
        $segment->backup("$directory/copy", overwrite: true);
    }
    fread($reader, 1);
    $read = [$reader];
    stream_select($read, $write, $except, 0, 500 * $i); // into the midst of the first, or soon after it
    exec("kill -KILL $pid");
    reap($pid);
}
$segment->backup("$directory/copy", overwrite: true);
echo implode(' ', $left()), "\n";

/* As a death leaves them: a temporary name, and a name that was moved aside to be unlinked, or by mistake. */
$dead = "$directory/.shoal-new-" . str_repeat('0', 16);
$next = [
    'backup' => fn () => $segment->backup("$directory/copy", overwrite: true),
    'create' => fn () => Shoal\create("$directory/new", '1M'),
    'open' => fn () => thrown(fn () => Shoal\open("$directory/none")),
    'open_or_create' => fn () => Shoal\open_or_create("$directory/other", '1M'),
    'unlink' => fn () => Shoal\unlink("$directory/other"),
];
foreach ($next as $who => $do) {
    copy("$directory/copy", $dead);
    $do();
    echo $who, file_exists($dead) ? " LEAVES IT\n" : " sweeps it\n";
}
$aside = fn (string $name, int $by) => rename("$directory/$name", sprintf("$directory/.shoal-old-%016x-%016x-$name", fileinode("$directory/$name") + $by, 7));
$aside('new', 0);
echo thrown(fn () => Shoal\open("$directory/new")), ' ', implode(' ', $left()), "\n";
$aside('copy', 1);
echo strlen(Shoal\open("$directory/copy")['large3']), ' ', implode(' ', $left()), "\n";
unlink("$directory/copy");
rmdir($directory);
?>
--EXPECT--
copy
backup sweeps it
create sweeps it
open sweeps it
open_or_create sweeps it
unlink sweeps it
Shoal\NotFound copy
1048576 copy
