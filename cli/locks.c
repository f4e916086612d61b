/* shoal locks: who holds what, who waits, and whether they wait for each other. */
#include <string.h>

#include "command.h"
#include "process.h"

/* One that holds or waits for one lock. */
struct claim {
    const char *segment;
    shoal_identity identity; /* of the segment */
    const node *lock, *owner;
    bool waits;
};

struct claims {
    struct claim *list;
    size_t count, room;
};

static void add_claim(struct claims *to, struct claim claim)
{
    if (to->count == to->room) {
        size_t room = to->room ? to->room * 2 : 32;
        struct claim *list = keep(room * sizeof *list);
        if (to->count)
            memcpy(list, to->list, to->count * sizeof *list);
        to->list = list;
        to->room = room;
    }
    to->list[to->count++] = claim;
}

static void add_owners(struct claims *to, struct claim of, const char *key, node *rows)
{
    const node *lock = of.lock, *owners = node_get(lock, key);
    bool waits = strcmp(key, "waiters") == 0;
    for (size_t i = 0; i < node_count_of(lock, key); i++) {
        node *owner = owners->items[i], *row = node_new(MAP);
        if (owner->type != MAP)
            continue;
        if (!node_get(owner, "state"))
            node_put(owner, "state", node_str(process_state(owner, of.identity)));
        node_put(row, "segment", node_str(of.segment));
        node_put(row, "lock", node_get(lock, "name") ? node_get(lock, "name") : node_str(""));
        node_put(row, "kind", node_str(node_text_of(lock, "kind")));
        node_put(row, "role", node_str(waits ? "waits" : "holds"));
        for (size_t field = 0; field < owner->size; field += 2)
            node_put(row, owner->items[field]->bytes, owner->items[field + 1]);
        node_add(rows, row);
        of.owner = owner;
        of.waits = waits;
        add_claim(to, of);
    }
}

static int look(struct claims *to, node *rows, const char *name)
{
    shoal_segment *segment;
    node *map;
    int status = attach(&segment, name, false);
    if (status >= 0)
        status = describe_segment(&map, segment);
    if (status < 0)
        return status;
    const node *locks = node_get(map, "locks");
    for (size_t i = 0; i < node_count_of(map, "locks"); i++) {
        struct claim of = {.segment = name, .identity = shoal_segment_identity(segment), .lock = locks->items[i]};
        add_owners(to, of, "holders", rows);
        add_owners(to, of, "waiters", rows);
    }
    shoal_close(segment);
    return SHOAL_OK;
}

/* Only a thread that is known can be part of a cycle: tasks have the number 0. */
static bool is_same_thread(const node *one, const node *other)
{
    double thread = node_number_of(one, "thread"), pid = node_number_of(one, "pid");
    return thread > 0 && pid > 0 && thread == node_number_of(other, "thread") && pid == node_number_of(other, "pid");
}

struct search {
    const struct claims *all;
    bool *done; /* of the waiting claims: no cycle is found through it */
    const struct claim **path;
    size_t length;
};

/* Goes from a thread that waits to those that hold its lock, and on. True: path[first…] is a cycle. */
static bool follow(struct search *at, const struct claim *waiter, size_t *first)
{
    size_t index = (size_t)(waiter - at->all->list);
    for (size_t i = 0; i < at->length; i++)
        if (at->path[i] == waiter) {
            *first = i;
            return true;
        }
    if (at->done[index])
        return false;
    at->path[at->length++] = waiter;
    for (size_t i = 0; i < at->all->count; i++) {
        const struct claim *holder = &at->all->list[i];
        if (holder->waits || holder->lock != waiter->lock)
            continue;
        for (size_t j = 0; j < at->all->count; j++) {
            const struct claim *next = &at->all->list[j];
            if (next->waits && is_same_thread(next->owner, holder->owner) && follow(at, next, first))
                return true;
        }
    }
    at->length--;
    at->done[index] = true;
    return false;
}

static node *find_cycle(const struct claims *all)
{
    node *cycle = node_new(ARRAY);
    size_t first = 0;
    struct search at = {all, keep(all->count + 1), keep((all->count + 1) * sizeof(struct claim *)), 0};
    for (size_t i = 0; i < all->count; i++) {
        if (!all->list[i].waits || !follow(&at, &all->list[i], &first))
            continue;
        for (; first < at.length; first++) {
            const struct claim *each = at.path[first];
            node *step = node_new(MAP);
            node_put(step, "pid", node_get(each->owner, "pid"));
            node_put(step, "thread", node_get(each->owner, "thread"));
            node_put(step, "program", node_str(node_text_of(each->owner, "program")));
            node_put(step, "segment", node_str(each->segment));
            node_put(step, "waits_for", node_get(each->lock, "name"));
            node_add(cycle, step);
        }
        break;
    }
    return cycle;
}

/* Somebody waits for one that will not let go by itself. The claims of a lock stand together, holders first. */
static bool is_stuck(const struct claims *all)
{
    const node *lock = NULL;
    bool held_up = false;
    for (size_t i = 0; i < all->count; i++) {
        const struct claim *each = &all->list[i];
        const char *state = node_text_of(each->owner, "state");
        if (each->lock != lock)
            held_up = false;
        lock = each->lock;
        if (each->waits && held_up)
            return true;
        held_up |= !each->waits && (strcmp(state, "stopped") == 0 || strcmp(state, "dead") == 0);
    }
    return false;
}

static enum colour colour_of(const char *state)
{
    return strcmp(state, "dead") == 0 ? RED : strcmp(state, "stopped") == 0 ? YELLOW : GREEN;
}

static void print_locks(const node *rows, const node *cycle)
{
    static const char *const heads[] = {"SEGMENT", "LOCK",  "KIND",   "ROLE",  ">PID", ">THREAD",
                                        "PROGRAM", "STATE", ">COUNT", "SINCE", NULL};
    table *made = table_new(heads);
    for (size_t i = 0; i < rows->size; i++) {
        const node *each = rows->items[i], *lock = node_get(each, "lock");
        const char *role = node_text_of(each, "role"), *state = node_text_of(each, "state");
        table_text(made, node_text_of(each, "segment"));
        table_cell(made, BOLD, lock->type == STR ? show_text(lock->bytes, lock->size) : keep_text("?", 1));
        table_text(made, node_text_of(each, "kind"));
        table_text(made, role);
        table_cell(made, PLAIN, keep_print("%.0f", node_number_of(each, "pid")));
        table_cell(made, PLAIN, keep_print("%.0f", node_number_of(each, "thread")));
        table_text(made, node_text_of(each, "program"));
        table_cell(made, colour_of(state), show_text(state, strlen(state)));
        table_cell(made, PLAIN, keep_print("%.0f", node_number_of(each, "count")));
        table_cell(made, DIM, show_since(node_number_of(each, "since")));
    }
    if (rows->size > 0)
        table_print(made);
    else
        puts("Nobody holds a lock, and nobody waits for one.");
    for (size_t i = 0; i < cycle->size; i++) {
        const node *step = cycle->items[i], *lock = node_get(step, "waits_for");
        show_painted(RED, i == 0 ? "deadlock: " : "          ");
        printf("thread %.0f of process %.0f waits for %s in %s\n", node_number_of(step, "thread"),
               node_number_of(step, "pid"), lock && lock->type == STR ? show_text(lock->bytes, lock->size) : "?",
               show_text(node_text_of(step, "segment"), strlen(node_text_of(step, "segment"))));
    }
}

static int look_at_all(struct claims *to, node *rows)
{
    shoal_listed *list;
    size_t count;
    int status = shoal_list(&list, &count, context());
    for (size_t i = 0; i < count && status >= 0; i++)
        look(to, rows,
             keep_text(list[i].name, strlen(list[i].name))); /* one that fails is gone, or damaged: shoal ls says it */
    shoal_list_free(list);
    return status;
}

static int locks(void)
{
    struct claims all = {0};
    node *found = node_new(MAP), *rows = node_new(ARRAY);
    int status = word_count == 0 ? look_at_all(&all, rows) : SHOAL_OK;
    for (int i = 0; i < word_count && status >= 0; i++)
        status = look(&all, rows, words[i]);
    if (status < 0)
        return fail(status);
    node *cycle = find_cycle(&all);
    bool stuck = is_stuck(&all);
    node_put(found, "locks", rows);
    node_put(found, "cycle", cycle);
    node_put(found, "stuck", node_bool(stuck));
    if (as_json())
        json_print(found);
    else
        print_locks(rows, cycle);
    return cycle->size > 0 || stuck ? FINDINGS : WELL;
}

const struct command locks_command = {
    .name = "locks",
    .words = "[SEGMENT...]",
    .most = MOST_WORDS,
    .summary = "Say who holds what, since when, who waits, and whether they wait for each other.",
    .text = "Of the segments given, or of all. A state is alive, stopped (by a signal or a debugger: it keeps what it "
            "holds), dead "
            "(the next taker gets the lock), or alive? for a process of another PID namespace, of which only its lock "
            "in the "
            "segment is seen. A count of 0 of a waiter: that process has more waits than are noted. The exit status is "
            "1 if threads wait for each "
            "other, or somebody waits for one that is stopped or dead.\n\nAttaches readonly, whoever owns it. It takes "
            "no lock; waits "
            "through a readonly attach are not seen.",
    .run = locks,
};
