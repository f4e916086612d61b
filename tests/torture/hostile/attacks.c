/* What the writer with all rights does: words that it changes, and attacks that last for a moment. */
#include "hostile.h"

/* ---- Words worth changing ---- */

enum { MOST_TARGETS = 60000 };
static uint32_t targets[MOST_TARGETS], target_count;

static void add_words(uint64_t at, uint32_t count)
{
    for (uint32_t i = 0; i < count && at + 4 * i + 4 <= SIZE && target_count < MOST_TARGETS; i++)
        targets[target_count++] = (uint32_t)(at + 4 * i);
}

/* Those that are in use, and of the header, the journal, the directory and the descriptors those that are not too. */
void find_targets(void)
{
    const struct header_sh *header = (const struct header_sh *)image;
    uint64_t table = (uint64_t)load_relaxed(&header->table) << header->granule_shift;
    for (int often = 0; often < 20; often++) {
        add_words(128, 30);
        add_words(JOURNAL_AT, 4);
        add_words(table, 4);
    }
    add_words(256, 180);
    add_words(JOURNAL_AT + 64, 40);
    add_words(table, 4 + 2 * 128);
    add_words(header->roster, 32);
    add_words(header->pages, 16 * load_relaxed(&header->pages_committed));
    for (uint64_t at = header->heap; at + 4 <= SIZE; at += 4)
        if (*(const uint32_t *)(image + at))
            add_words(at, 1);
}

/* A ref, a length, a number that means something here: or one that means nothing. */
static uint32_t bad_word(uint32_t was)
{
    static const uint32_t extremes[] = {0,          1,           2,           63,          255,        256,
                                        0x7fffffff, 0x80000000u, 0xffffffffu, 0xfffffffeu, 0xfffffc00u};
    const struct header_sh *header = (const struct header_sh *)image;
    uint32_t end = (uint32_t)(SIZE >> header->granule_shift), heap = (uint32_t)(header->heap >> header->granule_shift);
    switch (random_below(8)) {
    case 0:
        return extremes[random_below(sizeof extremes / sizeof *extremes)];
    case 1:
        return was ^ 1u << random_below(32);
    case 2:
        return was + 1;
    case 3:
        return end - random_below(6);
    case 4:
        return heap + random_below(end - heap);
    case 5:
        return *(const uint32_t *)(image + targets[random_below(target_count)]);
    case 6:
        return *(const uint32_t *)(image + header->heap + 4 * random_below((uint32_t)(SIZE - header->heap) / 4)) + 1;
    default:
        return random_below(UINT32_MAX);
    }
}

static volatile uint32_t *word_at(uint32_t at)
{
    return (volatile uint32_t *)(live + at);
}

static volatile uint32_t *any_target(void)
{
    return word_at(targets[random_below(target_count)]);
}

void change_something(void)
{
    volatile uint32_t *word = any_target();
    *word = bad_word(*word);
}

/* ---- Attacks: each for a moment ---- */

static double moment_end;

static void start_moment(void)
{
    moment_end = seconds_of(CLOCK_MONOTONIC) + 0.0002 * (1 + random_below(15));
}

static bool is_over(void)
{
    return seconds_of(CLOCK_MONOTONIC) >= moment_end;
}

static void flip(void)
{
    volatile uint32_t *words[4];
    uint32_t was[4], bad[4], count = 1 + random_below(4);
    for (uint32_t i = 0; i < count; i++) {
        words[i] = any_target();
        was[i] = *words[i];
        bad[i] = bad_word(was[i]);
    }
    while (!is_over())
        for (int round = 0; round < 200; round++)
            for (uint32_t i = 0; i < count; i++)
                *words[i] = round & 1 ? was[i] : bad[i];
}

/* Words that are judged and then used, and what would lead furthest astray. */
static uint32_t choose_bait(uint32_t *bad)
{
    const struct header_sh *header = (const struct header_sh *)image;
    uint32_t table = (uint32_t)(load_relaxed(&header->table) << header->granule_shift);
    uint32_t page = (uint32_t)header->pages + 64 * random_below(load_relaxed(&header->pages_committed));
    uint32_t bucket = table + 16 + 8 * random_below(((const struct table_sh *)(image + table))->buckets);
    uint32_t entry = *(const uint32_t *)(image + bucket) << header->granule_shift;
    uint32_t body =
        entry ? *(const uint32_t *)(image + entry + offsetof(struct entry_sh, body)) << header->granule_shift : 0;
    *bad = UINT32_MAX >> random_below(16);
    switch (random_below(entry ? 10 : 4)) {
    case 0:
        *bad = 1u << random_below(32);
        return table;
    case 1:
        return table + 4;
    case 2:
        return JOURNAL_AT + 8 + 4 * random_below(2);
    case 3:
        return page + 4 * random_below(7);
    case 4:
        *bad = 255;
        return entry + offsetof(struct entry_sh, name_length);
    case 5:
        *bad = (uint32_t)(SIZE >> header->granule_shift) - 3 - random_below(3);
        return random_below(2) ? bucket : entry + offsetof(struct entry_sh, body);
    case 6:
        *bad = 1 + random_below(12);
        return entry + offsetof(struct entry_sh, kind);
    case 7:
        return offsetof(struct header_sh, pages_committed);
    default:
        return body + 4 * random_below(8);
    }
}

static void bait(void)
{
    uint32_t bad, at = choose_bait(&bad), was = *(const uint32_t *)(image + at);
    volatile uint32_t *word = word_at(at);
    while (!is_over())
        for (int round = 0; round < 500; round++)
            *word = round & 1 ? was : bad;
}

static void damage(void)
{
    for (uint32_t i = 1 + random_below(4); i > 0; i--)
        change_something();
    while (!is_over())
        usleep(50);
}

static void noise(void)
{
    while (!is_over())
        for (int i = 0; i < 50; i++)
            change_something();
}

/* What readers compare, to know whether something has changed. */
void count_on(void)
{
    const struct header_sh *header = (const struct header_sh *)image;
    uint32_t at = (uint32_t)(load_relaxed(&header->table) << header->granule_shift);
    const struct table_sh *table = (const struct table_sh *)(image + at);
    for (uint32_t i = 0; i < table->buckets; i++)
        ++*word_at(at + 16 + 8 * i + 4);
    ++*word_at(JOURNAL_AT + 4);
}

static void never_pause(void)
{
    moment_end += 0.005;
    while (!is_over())
        count_on();
}

static void shrink(void)
{
    if (ftruncate(file, random_below(SIZE / 4096) * 4096 + (random_below(2) ? random_below(4096) : 0)) < 0)
        perror("ftruncate");
    while (!is_over())
        usleep(50);
}

static void punch(void)
{
    while (!is_over())
        fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, random_below(SIZE / 4096) * 4096,
                  4096 * (1 + random_below(40)));
}

static void lock_bytes(void)
{
    int descriptions[8];
    for (int i = 0; i < 8; i++) {
        struct flock lock = {.l_type = random_below(2) ? F_RDLCK : F_WRLCK,
                             .l_start = (off_t)(random_below(2) ? 1ull << 40 : 1ull << 41) + random_below(200),
                             .l_len = random_below(3) ? 1 : random_below(100000)};
        char link[40];
        snprintf(link, sizeof link, "/proc/self/fd/%d", file);
        descriptions[i] = open(link, O_RDWR | O_CLOEXEC);
        fcntl(descriptions[i], F_OFD_SETLK, &lock);
    }
    while (!is_over())
        usleep(50);
    for (int i = 0; i < 8; i++)
        close(descriptions[i]);
}

void restore(void)
{
    if (ftruncate(file, SIZE) < 0 || pwrite(file, image, SIZE, 0) < 0)
        perror("restore");
}

const struct attack attacks[] = {{"bait", bait, 8},   {"flip", flip, 5},         {"damage", damage, 4},
                                 {"noise", noise, 2}, {"pause", never_pause, 1}, {"shrink", shrink, 2},
                                 {"punch", punch, 1}, {"locks", lock_bytes, 1}};
const int attack_count = sizeof attacks / sizeof *attacks;

static const struct attack *choose(const char *only)
{
    for (;;) {
        const struct attack *it = &attacks[random_below((uint32_t)attack_count)];
        if (only ? strcmp(it->name, only) == 0 : random_below(8) < it->often)
            return it;
    }
}

void attack(const char *only)
{
    for (;;) {
        const struct attack *it = choose(only);
        start_moment();
        it->act();
        board->attacks[it - attacks]++;
        if (random_below(3) || it->act == shrink || it->act == punch)
            restore();
    }
}
