/* Tables that fit the terminal, and maps as lines. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "show.h"

enum { MOST_COLUMNS = 16, LEAST = 6 };

struct cell {
    enum colour colour;
    char *text;
};

struct table {
    const char *heads[MOST_COLUMNS];
    bool right[MOST_COLUMNS];
    int columns;
    size_t count, room; /* of cells */
    struct cell *cells;
};

table *table_new(const char *const *heads)
{
    table *made = keep(sizeof *made);
    for (; heads[made->columns] && made->columns < MOST_COLUMNS; made->columns++) {
        const char *head = heads[made->columns];
        made->right[made->columns] = *head == '>';
        made->heads[made->columns] = head + (*head == '>');
    }
    return made;
}

void table_cell(table *to, enum colour colour, char *escaped)
{
    if (to->count == to->room) {
        size_t room = to->room ? to->room * 2 : 64;
        struct cell *cells = keep(room * sizeof *cells);
        if (to->count)
            memcpy(cells, to->cells, to->count * sizeof *cells);
        to->cells = cells;
        to->room = room;
    }
    to->cells[to->count++] = (struct cell){colour, escaped};
}

void table_text(table *to, const char *text)
{
    table_cell(to, PLAIN, show_text(text, strlen(text)));
}

/* The first `width` columns of a text; the last of them is an ellipsis if there were more. */
static char *cut(char *text, int width)
{
    if (show_columns(text) <= width)
        return text;
    size_t size = strlen(text);
    do {
        size--;
        while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
            size--;
        text = keep_text(text, size);
    } while (size > 0 && show_columns(text) > width - 1);
    return keep_print("%s…", text);
}

static void measure(int *widths, const table *from)
{
    for (int i = 0; i < from->columns; i++)
        widths[i] = show_columns(from->heads[i]);
    for (size_t i = 0; i < from->count; i++) {
        int columns = show_columns(from->cells[i].text), *width = &widths[i % (size_t)from->columns];
        *width = columns > *width ? columns : *width;
    }
}

/* Takes from the widest column until the row fits; where that does not suffice, it leaves columns out, the last first. */
static int fit(int *widths, int columns, int screen)
{
    for (;;) {
        int sum = 2 * (columns - 1), widest = 0;
        for (int i = 0; i < columns; i++) {
            sum += widths[i];
            widest = widths[i] > widths[widest] ? i : widest;
        }
        if (sum > screen && widths[widest] <= LEAST && columns > 1) {
            columns--;
            continue;
        }
        if (sum <= screen || widths[widest] <= LEAST)
            return columns;
        int excess = sum - screen, spare = widths[widest] - LEAST, second = LEAST;
        for (int i = 0; i < columns; i++)
            if (i != widest && widths[i] > second)
                second = widths[i];
        int step = widths[widest] > second ? widths[widest] - second : 1;
        step = step > excess ? excess : step;
        widths[widest] -= step > spare ? spare : step;
    }
}

int show_lines = -1;

/* Is there room for one more? */
static bool take_line(void)
{
    if (show_lines == 0)
        return false;
    show_lines -= show_lines > 0;
    return true;
}

static void print_row(const table *from, int columns, const int *widths, const struct cell *cells)
{
    if (!take_line())
        return;
    for (int i = 0; i < columns; i++) {
        char *text = cut(cells[i].text, widths[i]);
        int blanks = widths[i] - show_columns(text);
        if (from->right[i])
            printf("%*s", blanks, "");
        show_painted(cells[i].colour, text);
        if (i + 1 < columns)
            printf("%*s", (from->right[i] ? 0 : blanks) + 2, "");
    }
    putchar('\n');
}

void table_print(const table *from)
{
    int widths[MOST_COLUMNS], screen = show_width(), shown = from->columns;
    struct cell heads[MOST_COLUMNS];
    measure(widths, from);
    if (screen)
        shown = fit(widths, from->columns, screen);
    for (int i = 0; i < from->columns; i++)
        heads[i] = (struct cell){BOLD, keep_text(from->heads[i], strlen(from->heads[i]))};
    print_row(from, shown, widths, heads);
    for (size_t i = 0; i + (size_t)from->columns <= from->count; i += (size_t)from->columns)
        print_row(from, shown, widths, from->cells + i);
}

static bool is_one_of(const char *key, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(key, *words) == 0)
            return true;
    return false;
}

/* Fields whose numbers are bytes, or times: describe calls them alike for every kind. */
static char *number_text(const char *key, const node *from)
{
    static const char *const sizes[] = {"size",  "used",   "committed", "largest_free",
                                        "bytes", "nbytes", "capacity",  NULL};
    static const char *const times[] = {"created", "since", NULL};
    double number;
    node_number(&number, from);
    if (is_one_of(key, times))
        return show_since(number);
    if (strcmp(key, "mode") == 0)
        return keep_print("%04o", (unsigned)number & 07777);
    char *plain = from->type == REAL   ? keep_print("%.15g", from->real)
                  : from->type == UINT ? keep_print("%llu", (unsigned long long)from->large)
                                       : keep_print("%lld", (long long)from->integer);
    return is_one_of(key, sizes) && number >= 1024 ? keep_print("%s (%s)", plain, show_bytes(number)) : plain;
}

static char *value_text(const char *key, const node *from)
{
    switch (from->type) {
    case NIL:
        return keep_text("-", 1);
    case BOOL:
        return from->truth ? keep_text("yes", 3) : keep_text("no", 2);
    case INT:
    case UINT:
    case REAL:
        return number_text(key, from);
    case STR:
        return show_text(from->bytes, from->size);
    default:
        break;
    }
    char *bytes = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&bytes, &size);
    if (!to)
        return keep_text("?", 1);
    json_write(to, from);
    fclose(to);
    char *text = keep_text(bytes, size);
    free(bytes);
    return text;
}

static bool is_rows(const node *value)
{
    return value->type == ARRAY && value->size > 0 && value->items[0]->type == MAP;
}

static char *key_text(const node *key)
{
    return key->type == STR ? show_text(key->bytes, key->size) : value_text("", key);
}

static void show_rows(const char *key, const node *rows)
{
    const char *heads[MOST_COLUMNS + 1] = {NULL};
    const node *first = rows->items[0];
    for (size_t i = 0; i < first->size && i / 2 < MOST_COLUMNS; i += 2)
        heads[i / 2] = key_text(first->items[i]);
    if (!take_line() || !take_line())
        return;
    putchar('\n');
    show_painted(BOLD, key);
    putchar('\n');
    table *made = table_new(heads);
    for (size_t i = 0; i < rows->size; i++)
        for (int column = 0; column < MOST_COLUMNS && heads[column]; column++) {
            const node *cell = node_get(rows->items[i], heads[column]);
            table_cell(made, PLAIN, cell ? value_text(heads[column], cell) : keep_text("", 0));
        }
    if (heads[0])
        table_print(made);
}

void show_map(const node *map)
{
    int width = 0;
    for (size_t i = 0; i < map->size; i += 2) {
        int columns = show_columns(key_text(map->items[i]));
        width = columns > width ? columns : width;
    }
    for (size_t i = 0; i < map->size; i += 2) {
        char *key = key_text(map->items[i]);
        if (is_rows(map->items[i + 1]) || !take_line())
            continue;
        show_painted(BOLD, key);
        char *value = value_text(key, map->items[i + 1]);
        int screen = show_lines < 0 ? 0 : show_width() - width - 2; /* one line is one line */
        printf("%*s%s\n", width - show_columns(key) + 2, "", screen > 0 ? cut(value, screen) : value);
    }
    for (size_t i = 0; i < map->size; i += 2)
        if (is_rows(map->items[i + 1]))
            show_rows(key_text(map->items[i]), map->items[i + 1]);
}
