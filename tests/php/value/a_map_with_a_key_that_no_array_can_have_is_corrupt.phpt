--TEST--
value: a map with a key that no array can have is corrupt
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$path = fresh_path();
$segment = Shoal\create($path, '1M');
foreach (["\x98\1\2\3\4\5\6\7\x08", "\x83\1\2\3\4\5\6\xa1x", "\xcb" . str_repeat("\0", 8), "\x92\xc0\xc2\xa5abcde"] as $key) {
    $segment['v'] = ['a' => [['shoalkey' => 1]]];
    $at = strpos(file_get_contents($path), "\xa8shoalkey");
    $file = fopen($path, 'r+');
    fseek($file, $at);
    fwrite($file, $key);
    fclose($file);
    echo complaint(fn () => $segment['v']), "\n";
    unset($segment['v']);
}
?>
--EXPECT--
Shoal\Corrupt: the stored value is damaged: a map with a key of type array
Shoal\Corrupt: the stored value is damaged: a map with a key of type array
Shoal\Corrupt: the stored value is damaged: a map with a key of type float
Shoal\Corrupt: the stored value is damaged: a map with a key of type array
