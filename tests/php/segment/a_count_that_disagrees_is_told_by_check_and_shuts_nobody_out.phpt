--TEST--
A count of the header that disagrees is told by check(), and shuts nobody out
--EXTENSIONS--
shoal
--FILE--
<?php
$path = sys_get_temp_dir() . "/shoal-counted-" . getmypid();
foreach ([140, 152] as $offset) {
    $made = Shoal\create($path, "1M");
    $made["a"] = "yes";
    $made->close();
    $file = fopen($path, "r+");
    fseek($file, $offset);
    fwrite($file, pack("L", 0xffffffff));
    fclose($file);
    foreach ([true, false] as $readonly) {
        $segment = Shoal\open($path, readonly: $readonly);
        echo $segment["a"], " ", str_contains(implode("\n", $segment->check()), "the header counts") ? "told" : "not told", "\n";
        $segment->close();
    }
    unlink($path);
}
?>
--EXPECT--
yes told
yes told
yes told
yes told
