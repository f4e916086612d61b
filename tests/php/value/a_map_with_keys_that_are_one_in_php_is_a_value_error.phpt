--TEST--
value: a map with keys that are one in php is a value error
--EXTENSIONS--
shoal
--FILE--
<?php
/* Nothing of ours stores such a map: here the bytes of one are written over those of another that is as long. */
require __DIR__ . '/../segment.inc';
$path = fresh_path();
$segment = Shoal\create($path, '1M');
$cases = ['text, number' => ["\xa17", "\x07"], 'number, text' => ["\x07", "\xa17"], 'text, bytes' => ["\xa1a", "\xc4\x01a"],
    'number, bytes' => ["\x07", "\xc4\x017"], 'least' => ["\xd3\x80" . str_repeat("\0", 7), "\xb4-9223372036854775808"],
    'text, text' => ["\xa1a", "\xa1a"], 'two' => ["\xa17", "\x08"], 'zero' => ["\xa207", "\x07"]];
foreach ($cases as $case => [$one, $other]) {
    $segment['v'] = ['shoal' => str_repeat('x', 60)];
    $at = strpos(file_get_contents($path), "\x81\xa5shoal\xd9\x3c");
    $map = "\x83{$one}\x01{$other}\x02\xa1p\xd9";
    $map .= chr(69 - strlen($map) - 1) . str_repeat('x', 69 - strlen($map) - 1);
    $file = fopen($path, 'r+');
    fseek($file, $at);
    fwrite($file, $map);
    fclose($file);
    echo "$case: ", complaint(function () use ($segment) { echo json_encode(array_keys($segment['v'])), ' '; }), "\n";
    unset($segment['v']);
}
?>
--EXPECT--
text, number: ValueError: the stored map has two keys that are the same in PHP: "7" as text, bytes or a number
number, text: ValueError: the stored map has two keys that are the same in PHP: "7" as text, bytes or a number
text, bytes: ValueError: the stored map has two keys that are the same in PHP: "a" as text, bytes or a number
number, bytes: ValueError: the stored map has two keys that are the same in PHP: "7" as text, bytes or a number
least: ValueError: the stored map has two keys that are the same in PHP: "-9223372036854775808" as text, bytes or a number
text, text: ValueError: the stored map has two keys that are the same in PHP: "a" as text, bytes or a number
two: [7,8,"p"] nothing
zero: ["07",7,"p"] nothing
