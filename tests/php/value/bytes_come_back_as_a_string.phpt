--TEST--
value: bytes come back as a string
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$bytes = new Shoal\Bytes('plain text');
$segment['k'] = [$bytes, (string) $bytes, $bytes->bytes];
var_dump($segment['k'], $bytes instanceof Stringable, strlen($bytes));
var_dump(thrown(function () use ($bytes) { $bytes->bytes = 'x'; }), unserialize(serialize($bytes)) == $bytes);
var_dump(thrown(fn () => $bytes->__construct('y')), $bytes->bytes);
?>
--EXPECT--
array(3) {
  [0]=>
  string(10) "plain text"
  [1]=>
  string(10) "plain text"
  [2]=>
  string(10) "plain text"
}
bool(true)
int(10)
string(5) "Error"
bool(true)
string(5) "Error"
string(10) "plain text"
