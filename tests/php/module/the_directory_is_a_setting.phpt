--TEST--
module: the directory is a setting
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$directory = fresh_path();
mkdir($directory);
$run = function (string $code) use ($directory) {
    $command = php($code);
    array_splice($command, 2, 0, ['-d', "shoal.directory=$directory"]);
    $process = proc_open($command, [1 => ['pipe', 'w'], 2 => ['redirect', 1]], $pipes);
    echo stream_get_contents($pipes[1]), proc_close($process), "\n";
};
$run('Shoal\create("here", "1M")["k"] = 1; echo ini_set("shoal.directory", "/tmp") === false ? "system" : "changed", " ";');
echo implode(' ', array_diff(scandir($directory), ['.', '..'])), "\n";
$run('echo Shoal\open("here")["k"], " ", count(Shoal\segments()), " "; Shoal\unlink("here");');
var_dump(thrown(fn () => Shoal\open('here')));
rmdir($directory);
?>
--EXPECT--
system 0
shoal.here
1 1 0
string(14) "Shoal\NotFound"
