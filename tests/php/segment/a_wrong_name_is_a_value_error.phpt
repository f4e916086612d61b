--TEST--
segment: a wrong name is a value error
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
foreach (['', '.hidden', "a\0b", "a\nb", "\xff", str_repeat('x', 201)] as $name) {
    echo json_encode(substr($name, 0, 10), JSON_INVALID_UTF8_SUBSTITUTE), ' ';
    echo thrown(fn () => Shoal\create($name)), ' ', thrown(fn () => Shoal\open($name)), ' ';
    echo thrown(fn () => Shoal\unlink($name)), "\n";
}
echo thrown(fn () => Shoal\open(-1)), "\n";
?>
--EXPECT--
"" ValueError ValueError ValueError
".hidden" ValueError ValueError ValueError
"a\u0000b" ValueError ValueError ValueError
"a\nb" ValueError ValueError ValueError
"\ufffd" ValueError ValueError ValueError
"xxxxxxxxxx" ValueError ValueError ValueError
ValueError
