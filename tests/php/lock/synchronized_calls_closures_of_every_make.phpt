--TEST--
lock: synchronized calls closures of every make
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$lock = fresh()->lock('l');
class Made
{
    public function __call($name, $arguments) { return "$name, " . $arguments[0]->name; }
    public static function __callStatic($name, $arguments) { return "static $name"; }
    public function bound() { return fn () => [static::class, isset($this)]; }
    public function hidden() { return $this->private(...); }
    private function private(Shoal\Lock $held) { return "private, $held->name"; }
}
$made = new Made;
var_dump($lock->synchronized($made->magic(...)), $lock->synchronized(Made::magic(...)), $lock->synchronized($made->hidden()));
var_dump($lock->synchronized(callback: $made->bound()), $lock->synchronized(get_debug_type(...)));
var_dump($lock->synchronized(function () { return func_get_args()[0]->isLocked(); }));
var_dump($lock->synchronized(function () { yield 7; })->current());
$once = function () use (&$once) { $once = null; return 'its last reference gone'; };
var_dump($lock->synchronized($once));
foreach ([fn (int $not) => 1, fn ($held, $more) => 1] as $wrong) {
    try {
        $lock->synchronized($wrong);
    } catch (Error $error) {
        echo get_class($error), "\n";
    }
}
var_dump($lock->isLocked());
?>
--EXPECT--
string(8) "magic, l"
string(12) "static magic"
string(10) "private, l"
array(2) {
  [0]=>
  string(4) "Made"
  [1]=>
  bool(true)
}
string(10) "Shoal\Lock"
bool(true)
int(7)
string(23) "its last reference gone"
TypeError
ArgumentCountError
bool(false)
