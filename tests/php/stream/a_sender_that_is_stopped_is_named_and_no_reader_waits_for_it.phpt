--TEST--
stream: a sender that is stopped is named, and no reader waits for it
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh('300M');
$stream = $segment->stream('s', '128M');
$stream->send('before');
$sender = start(function () use ($stream) {
    $value = str_repeat('x', 30_000_000);
    while (true) {
        $stream->send($value);
    }
});
until(fn () => $stream->newest > 1);
for ($tries = 0, $complaint = 'nothing'; $tries < 300 && $complaint === 'nothing'; $tries++) {
    exec("kill -STOP $sender");
    pcntl_waitpid($sender, $status, WUNTRACED);
    $seconds = seconds(function () use (&$complaint, $stream) { $complaint = complaint(fn () => $stream->send('x', 0.1)); });
    if ($complaint === 'nothing') {
        exec("kill -CONT $sender");
        usleep(mt_rand(0, 30000)); // to somewhere in the next message, or the one after it
    }
}
echo str_replace((string) $sender, 'PID', $complaint), "\n";
var_dump($seconds < 5, thrown(fn () => $stream->reader()->read(0.05)), in_array($stream->reader(true)->read(5), ['before', 'x', str_repeat('x', 30_000_000)], true));
exec("kill -KILL $sender");
reap($sender);
var_dump($stream->send('after', 10) > 1);
?>
--EXPECTF--
Shoal\Timeout: stream "s" in segment "%s": nothing was sent before the deadline, since %s (pid PID) was sending all the time; if it is stopped (SIGSTOP, a debugger), let it go on or end it
bool(true)
string(13) "Shoal\Timeout"
bool(true)
bool(true)
