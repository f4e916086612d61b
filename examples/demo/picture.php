<?php
/* Read what the Python workers made, show it, ask a question: php picture.php SEGMENT PICTURE.svg */

declare(strict_types=1);

const PATIENCE = 60.0;
const MONTHS = ['Jan' => 31, 'Feb' => 28, 'Mar' => 31, 'Apr' => 30, 'May' => 31, 'Jun' => 30,
                'Jul' => 31, 'Aug' => 31, 'Sep' => 30, 'Oct' => 31, 'Nov' => 30, 'Dec' => 31];
const COLOURS = ['#313695', '#4575b4', '#74add1', '#abd9e9', '#e0f3f8', '#fee090', '#fdae61', '#f46d43', '#d73027', '#a50026'];

/** The hours of a stretch of days, without those that were never measured. */
function hours(array $days): array
{
    return array_filter(array_merge(...$days), fn (float $degrees) => !is_nan($degrees));
}

function table(array $cities, array $celsius): string
{
    $text = sprintf("%-6s", '');
    foreach ($cities as $city) {
        $text .= sprintf("%-27s", $city);
    }
    $text .= "\n" . sprintf("%-6s", '°C') . ' ' . str_repeat("  min   mean    max        ", count($cities)) . "\n";
    $first = 0;
    foreach (MONTHS as $month => $days) {
        $text .= sprintf("%-5s", $month);
        foreach ($celsius as $year) {
            $hours = hours(array_slice($year, $first, $days));
            $text .= sprintf("%6.1f %6.1f %6.1f       ", min($hours), array_sum($hours) / count($hours), max($hours));
        }
        $text .= "\n";
        $first += $days;
    }
    return $text;
}

/** One square for each hour: days from left to right, hours from top to bottom, one path for each colour. */
function heatmap(array $year, float $low, float $high, int $top): string
{
    $squares = [];
    foreach ($year as $day => $hours) {
        foreach ($hours as $hour => $degrees) {
            if (!is_nan($degrees)) {
                $class = (int) min(count(COLOURS) - 1, count(COLOURS) * ($degrees - $low) / ($high - $low));
                $squares[$class][] = sprintf('M%d %dh2v5h-2z', 40 + 2 * $day, $top + 5 * $hour);
            }
        }
    }
    $paths = '';
    foreach ($squares as $class => $path) {
        $paths .= sprintf("<path fill=\"%s\" d=\"%s\"/>\n", COLOURS[$class], implode('', $path));
    }
    return $paths;
}

function text(float $x, float $y, string $text, string $anchor = 'start'): string
{
    return sprintf("<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"%s\">%s</text>\n", $x, $y, $anchor, htmlspecialchars($text));
}

function scale(float $low, float $high, float $y): string
{
    $svg = '';
    foreach (COLOURS as $class => $colour) {
        $svg .= sprintf("<rect x=\"%d\" y=\"%.0f\" width=\"30\" height=\"10\" fill=\"%s\"/>\n", 40 + 30 * $class, $y, $colour);
    }
    return $svg . text(40, $y + 23, sprintf('%.0f °C', $low)) . text(40 + 30 * count(COLOURS), $y + 23, sprintf('%.0f °C', $high), 'end');
}

function picture(array $cities, array $celsius): string
{
    $all = hours(array_merge(...$celsius));
    [$low, $high] = [floor(min($all)), ceil(max($all))];
    $svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 790 390\" font-family=\"sans-serif\" font-size=\"11\">\n"
         . "<rect width=\"790\" height=\"390\" fill=\"white\"/>\n";
    foreach ($cities as $index => $city) {
        $top = 30 + 165 * $index;
        $svg .= text(40, $top - 8, "$city, each hour of the year") . heatmap($celsius[$index], $low, $high, $top);
        foreach ([0, 6, 12, 18] as $hour) {
            $svg .= text(35, $top + 5 * $hour + 9, sprintf('%02d:00', $hour), 'end');
        }
        $day = 0;
        foreach (MONTHS as $month => $days) {
            $svg .= text(40 + 2 * $day, $top + 132, $month);
            $day += $days;
        }
    }
    return $svg . scale($low, $high, 352) . "</svg>\n";
}

function ask(Shoal\Segment $segment, array $question): array
{
    $segment['question'] = $question;
    $segment->counter('questions')->add();
    if (!$segment->counter('answers')->wait(0, PATIENCE)) {
        exit("nobody answers\n");
    }
    return $segment['answer'];
}

[, $name, $file] = $argv;
$segment = Shoal\open($name);
$cities = $segment['cities'];
$celsius = $segment->array('celsius')->toArray();
echo table($cities, $celsius), "\n";
file_put_contents($file, picture($cities, $celsius));

$question = ['city' => 'Seattle', 'how many' => 3, 'asked by' => 'PHP ' . PHP_VERSION];
echo 'PHP asks:       ', json_encode($question, JSON_UNESCAPED_UNICODE), "\n";
$answer = ask($segment, $question);
echo "Python answers: {$answer['note']}\n";
foreach ($answer['days'] as ['date' => $date, 'mean' => $mean]) {
    printf("                %s  %.1f °C on average\n", $date->format('j F'), $mean);
}
