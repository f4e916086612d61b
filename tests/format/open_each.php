<?php
/* Opens each path that a line of input names, "r" or "w" before it, and says which class that ended in, or "opened". */

declare(strict_types=1);

while (($line = fgets(STDIN)) !== false) {
    [$mode, $path] = explode(' ', rtrim($line, "\n"), 2);
    try {
        Shoal\open($path, $mode === 'r')->close();
        $said = 'opened';
    } catch (Throwable $e) {
        $said = get_class($e);
    }
    echo $said, "\n";
    flush();
}
