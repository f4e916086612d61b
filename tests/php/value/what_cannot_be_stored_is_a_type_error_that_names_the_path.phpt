--TEST--
value: what cannot be stored is a type error that names the path
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
enum Suit { case Hearts; }
enum Rank: string { case Ace = 'a'; }
class Point { public $x = 1; }
class Text { public function __toString(): string { return 'text'; } }
class Json implements JsonSerializable { public function jsonSerialize(): mixed { return 1; } }
$segment = fresh();
$segment['k'] = 'kept';
foreach ([
    fn () => 1, ['rows' => [1, 2, 3, fn () => 1]], [[new stdClass]], ['a' => Suit::Hearts], fopen('php://memory', 'r'),
    ['x' => ['y' => fopen('php://memory', 'r')]], new Json, new ArrayObject([1]), [-5 => $segment], $segment->lock('l'),
    Rank::Ace, new Point, new ArrayIterator([1]), new Text, new DateTimeZone('UTC'), (new ReflectionClass('DateTime'))->newInstanceWithoutConstructor(),
    ["a\0b\n" => ['ü' => STDIN]],
] as $value) {
    echo complaint(fn () => $segment['k'] = $value), "\n";
}
var_dump($segment['k']);
?>
--EXPECT--
TypeError: Closure cannot be stored in a segment
TypeError: ["rows"][3]: Closure cannot be stored in a segment
TypeError: [0][0]: stdClass cannot be stored in a segment: store get_object_vars($value)
TypeError: ["a"]: Suit cannot be stored in a segment: store $value->name
TypeError: resource cannot be stored in a segment
TypeError: ["x"]["y"]: resource cannot be stored in a segment
TypeError: Json cannot be stored in a segment: store $value->jsonSerialize()
TypeError: ArrayObject cannot be stored in a segment: store iterator_to_array($value)
TypeError: [-5]: Shoal\Segment cannot be stored in a segment: store $value->name
TypeError: Shoal\Lock cannot be stored in a segment: store $value->name
TypeError: Rank cannot be stored in a segment: store $value->value
TypeError: Point cannot be stored in a segment: store get_object_vars($value)
TypeError: ArrayIterator cannot be stored in a segment: store iterator_to_array($value)
TypeError: Text cannot be stored in a segment: store (string) $value
TypeError: DateTimeZone cannot be stored in a segment: store $value->getName()
TypeError: a time whose constructor was never called cannot be stored in a segment
TypeError: ["a\x00b\x0a"]["ü"]: resource cannot be stored in a segment
string(4) "kept"
