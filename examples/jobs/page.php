<?php
/* Two pages of a shop's office: php page.php SEGMENT order COUNT puts jobs for reports, php page.php SEGMENT show prints what there is. */

declare(strict_types=1);

/** What a visitor gets at once: the numbers under which the reports will be found. */
function order(Shoal\Segment $segment, int $count): void
{
    $reports = $segment->jobQueue('reports');
    $shops = $segment['shops'];
    for ($number = 1; $number <= $count; $number++) {
        $urgent = $number % 10 === 0;
        $shop = $number % count($shops);
        $reports->put(['report' => $number, 'shop' => $shop, 'days' => 7 + $number], priority: $urgent ? 1 : 0);
    }
    printf("%d reports ordered, %d waiting\n", $count, count($reports));
}

function show(Shoal\Segment $segment): void
{
    printf("%-6s  %-8s  %5s  %8s  %s\n", 'report', 'shop', 'days', 'mean', 'between');
    for ($number = 1; isset($segment["report $number"]); $number++) {
        ['shop' => $shop, 'days' => $days, 'mean' => $mean, 'between' => [$low, $high]] = $segment["report $number"];
        printf("%6d  %-8s  %5d  %8.2f  %.2f and %.2f\n", $number, $shop, $days, $mean, $low, $high);
    }
}

[, $name, $page] = $argv;
$segment = Shoal\open($name);
match ($page) {
    'order' => order($segment, (int) $argv[3]),
    'show' => show($segment),
};
