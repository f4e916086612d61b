--TEST--
kinds: handles serialize as names
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(live(), function (Kind $kind, Shoal\Segment $segment, string $name) {
    $text = serialize($made = $kind->make($segment));
    $again = unserialize($text);
    $code = 'require ' . var_export(KINDS, true) . '; exit(kinds()["' . $name . '"]->use(unserialize(stream_get_contents(STDIN))) ? 0 : 1);';
    $process = proc_open(php($code), [['pipe', 'r']], $pipes);
    fwrite($pipes[0], $text);
    fclose($pipes[0]);
    return same(
        [get_class($again), $again == $made, $kind->kept($again) == $kind->kept($made), $kind->use($again), proc_close($process)],
        [$kind->class, true, true, true, 0],
    );
});
?>
--EXPECT--
all of them
