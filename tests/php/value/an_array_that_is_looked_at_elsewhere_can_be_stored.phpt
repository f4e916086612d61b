--TEST--
value: an array can be stored while json_encode goes through it
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
class Storing extends DateTimeImmutable implements JsonSerializable
{
    public static $segment, $list;
    public function jsonSerialize(): mixed
    {
        self::$segment['list'] = self::$list;
        return 'stored';
    }
}
Storing::$segment = fresh();
Storing::$list = [1, [new Storing('@7')]];
echo json_encode(Storing::$list), ' ', Storing::$segment['list'][1][0]->getTimestamp(), "\n";
?>
--EXPECT--
[1,["stored"]] 7
