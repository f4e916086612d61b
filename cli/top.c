/* shoal top: the segments, live, on a terminal that it gives back as it was. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "command.h"

struct line {
    shoal_listed now;
    double rate; /* bytes in use, more or less a second */
};

static struct {
    struct line *list, *before; /* in malloc'd memory: they outlive keep_reset */
    size_t count, count_before, chosen;
    shoal_time at, at_before;
    char order; /* the key that asked for it */
    char inside[256];
} top;

static volatile sig_atomic_t ended;
static struct termios as_it_was;

static void on_signal(int number)
{
    ended = number == SIGWINCH ? ended : number; /* SIGWINCH only ends the poll: it is drawn anew */
}

static int compare(const void *one, const void *other)
{
    const struct line *a = one, *b = other;
    double difference = top.order == 'u'   ? (double)b->now.used - (double)a->now.used
                        : top.order == 'p' ? (double)b->now.peers - (double)a->now.peers
                        : top.order == 'r' ? b->rate - a->rate
                                           : 0;
    return difference != 0 ? (difference > 0) - (difference < 0) : strcmp(a->now.name, b->now.name);
}

static void find_rate(struct line *line)
{
    double seconds = (double)(top.at - top.at_before) / 1e9;
    for (size_t i = 0; i < top.count_before; i++)
        if (seconds > 0 && strcmp(top.before[i].now.name, line->now.name) == 0)
            line->rate = ((double)line->now.used - (double)top.before[i].now.used) / seconds;
}

static int look(void)
{
    shoal_listed *list;
    size_t count;
    int status = shoal_list(&list, &count, context());
    struct line *lines = status < 0 ? NULL : calloc(count + 1, sizeof *lines);
    if (status < 0)
        return status;
    free(top.before);
    top.before = top.list;
    top.count_before = top.count;
    top.at_before = top.at;
    top.at = shoal_now();
    top.list = lines;
    top.count = lines ? count : 0;
    for (size_t i = 0; i < top.count; i++) {
        lines[i].now = list[i];
        find_rate(&lines[i]);
    }
    shoal_list_free(list);
    return SHOAL_OK;
}

static void draw_list(int height)
{
    static const char *const heads[] = {"", "NAME", ">USED", ">RATE/s", ">SIZE", ">BACKED", ">PEERS", "CREATED", NULL};
    table *made = table_new(heads);
    size_t rows = height > 3 ? (size_t)height - 3 : 1, first = top.chosen >= rows ? top.chosen - rows + 1 : 0;
    for (size_t i = first; i < top.count && i < first + rows; i++) {
        const struct line *each = &top.list[i];
        char *rate = show_bytes(each->rate < 0 ? -each->rate : each->rate);
        table_cell(made, BOLD, keep_text(i == top.chosen ? ">" : " ", 1));
        table_cell(made, i == top.chosen ? BOLD : PLAIN, show_text(each->now.name, strlen(each->now.name)));
        table_cell(made, PLAIN, show_bytes((double)each->now.used));
        table_cell(made, PLAIN,
                   each->rate == 0 ? keep_text("-", 1) : keep_print("%c%s", each->rate < 0 ? '-' : '+', rate));
        table_cell(made, PLAIN, show_bytes((double)each->now.size));
        table_cell(made, PLAIN, show_bytes((double)each->now.committed));
        table_cell(made, PLAIN, keep_print("%u", each->now.peers));
        table_cell(made, DIM, show_since(each->now.created));
    }
    table_print(made);
}

/* Those that somebody holds or waits for, and after them the others. */
static node *busy_first(const node *locks)
{
    node *sorted = node_new(ARRAY);
    for (int busy = 1; busy >= 0; busy--)
        for (size_t i = 0; locks && locks->type == ARRAY && i < locks->size; i++) {
            node *each = locks->items[i];
            if ((node_count_of(each, "holders") + node_count_of(each, "waiters") > 0) == busy)
                node_add(sorted, each);
        }
    return sorted;
}

/* What changes, and of lists the locks first. */
static node *what_changes(const node *map)
{
    static const char *const keys[] = {"name",    "size",    "used",       "committed", "largest_free",
                                       "objects", "removed", "recoveries", "kinds",     NULL};
    node *chosen = node_new(MAP);
    for (const char *const *key = keys; *key; key++)
        if (node_get(map, *key))
            node_put(chosen, *key, node_get(map, *key));
    node_put(chosen, "locks", busy_first(node_get(map, "locks")));
    if (node_get(map, "peers"))
        node_put(chosen, "peers", node_get(map, "peers"));
    return chosen;
}

static void draw_inside(void)
{
    shoal_segment *segment;
    node *map;
    int status = attach(&segment, top.inside, false);
    if (status >= 0) {
        status = describe_segment(&map, segment);
        shoal_close(segment);
    }
    if (status >= 0)
        show_map(what_changes(map));
    else
        puts(show_text(shoal_error_message(), strlen(shoal_error_message())));
}

static void draw(void)
{
    struct winsize size;
    int height = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 24;
    fputs("\033[H\033[2J", stdout);
    show_lines = height > 3 ? height - 2 : 1;
    if (*top.inside)
        draw_inside();
    else
        draw_list(height);
    printf("\033[%d;1H", height);
    const char *keys = *top.inside ? "Esc back  q quit" : "n u p r sort  j k choose  Return inside  q quit";
    printf("%.*s", show_width() > 1 ? show_width() - 1 : 1, keys);
    fflush(stdout);
}

static void choose(int step)
{
    if (step < 0 && top.chosen > 0)
        top.chosen--;
    if (step > 0 && top.chosen + 1 < top.count)
        top.chosen++;
}

/* False: it is over. An arrow is three bytes, and Escape alone is one. */
static bool obey(const char *keys, ssize_t size)
{
    if (size >= 3 && keys[0] == '\033' && keys[1] == '[') {
        choose(keys[2] == 'A' ? -1 : keys[2] == 'B' ? 1 : 0);
        return true;
    }
    for (ssize_t i = 0; i < size; i++) {
        if (keys[i] == 'q')
            return false;
        if (keys[i] == '\033')
            *top.inside = 0;
        if (strchr("nupr", keys[i]) && keys[i])
            top.order = keys[i];
        if ((keys[i] == '\n' || keys[i] == '\r') && top.chosen < top.count && !*top.inside)
            memcpy(top.inside, top.list[top.chosen].now.name, sizeof top.inside);
        choose(keys[i] == 'k' ? -1 : keys[i] == 'j' ? 1 : 0);
    }
    return true;
}

static int run_until_quit(double interval)
{
    shoal_time next = 0;
    while (!ended) {
        shoal_time began = shoal_now();
        int status = began >= next ? look() : SHOAL_OK;
        if (status < 0)
            return status;
        qsort(top.list, top.count, sizeof *top.list, compare);
        top.chosen = top.chosen < top.count ? top.chosen : top.count ? top.count - 1 : 0;
        draw();
        keep_reset();
        shoal_time took = shoal_now() - began, rest = (shoal_time)(interval * 1e9);
        if (began >= next)
            next = shoal_now() + (rest > 20 * took ? rest : 20 * took);
        struct pollfd input = {STDIN_FILENO, POLLIN, 0};
        char keys[32];
        int ready = poll(&input, 1, (int)((next - shoal_now()) / 1000000) + 1);
        ssize_t size = ready > 0 ? read(STDIN_FILENO, keys, sizeof keys) : 1;
        if (size <= 0 || (ready > 0 && !obey(keys, size)))
            return SHOAL_OK;
    }
    return SHOAL_OK;
}

static void take_terminal(void)
{
    struct sigaction action = {.sa_handler = on_signal}; /* without SA_RESTART: they end the poll */
    const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
    struct termios raw = as_it_was;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
    fputs("\033[?1049h\033[?25l", stdout);
}

static void give_terminal_back(void)
{
    fputs("\033[?25h\033[?1049l", stdout);
    fflush(stdout);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &as_it_was);
}

static int run_top(void)
{
    double interval;
    if (!option_number(&interval, "interval", 1))
        return USAGE;
    if (interval < 0.1 || interval > 3600)
        return fail_with(USAGE, "--interval wants 0.1 to 3600 seconds");
    if (as_json() || isatty(STDOUT_FILENO) != 1 || tcgetattr(STDIN_FILENO, &as_it_was) < 0)
        return fail_with(USAGE, "it is for a terminal; elsewhere shoal ls, stat and locks say the same");
    top.order = 'u';
    take_terminal();
    int status = run_until_quit(interval);
    give_terminal_back();
    return status < 0 ? fail(status) : WELL;
}

const struct command top_command = {
    .name = "top",
    .words = "",
    .summary = "Show the segments live, on a terminal.",
    .text = "Keys: n, u, p, r sort by name, use, peers, rate; arrows or j, k choose a segment, Return looks inside "
            "(memory, peers, "
            "locks, who waits), Escape goes back, q ends. It follows the size of the terminal, and gives it back as it "
            "was, also when "
            "a signal ends it.\n\nAttaches readonly, whoever owns it.",
    .options = {{"interval", "SECONDS", "Between two looks, 1 unless given; longer where a look takes long."}},
    .run = run_top,
};
