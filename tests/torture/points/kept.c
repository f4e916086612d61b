/*
 * Who has what. Who takes something says so on the board, and looks whether anybody who lives has it too, and whether it
 * was told of a death that was none, or not told of one.
 */
#include "points.h"

#include <dirent.h>

enum { RUN = 60000 };

static bool is_dead(int role)
{
    return role == ROLES || board->seat[role].died;
}
static int others_have(enum kept what, bool dead)
{
    int count = 0;
    for (int role = 0; role <= ROLES; role++)
        count += role != (int)me && is_dead(role) == dead ? board->holds[what][role] : 0;
    return count;
}

void has(enum kept what, int count)
{
    if (me < ROLES)
        board->holds[what][me] = count;
}

void took(enum kept what, int status)
{
    must(status, "take");
    if ((what == LOCK && others_have(LOCK, false)) ||
        (what == WRITING && (others_have(WRITING, false) || others_have(READING, false))) ||
        (what == READING && others_have(WRITING, false)) ||
        (what == PERMIT && others_have(PERMIT, false) >= USUAL_PERMITS))
        wrong("it has what another has (%d)", what);
    if (status == SHOAL_RECOVERED && !board->somebody_died)
        wrong("told of a death, and nobody died (%d)", what);
    enum kept its_kind = what == READING ? WRITING : what;
    if (status == SHOAL_OK && what != PERMIT && others_have(its_kind, true))
        wrong("not told that the owner died (%d)", what);
    for (int role = 0; role <= ROLES && what != READING; role++)
        if (is_dead(role))
            board->holds[what][role] = 0;
    if (me < ROLES)
        has(what, what == PERMIT ? board->holds[what][me] + 1 : 1);
}

shoal_time to_have(void)
{
    return LONG;
}
shoal_time in_between(void)
{
    return shoal_deadline(0.06);
}
bool in_vain(int status)
{
    if (status != SHOAL_ETIMEDOUT && status != SHOAL_EBROKEN)
        must(status, "wait");
    return status < 0;
}

/* ---- Sizes, and files ---- */

/* Each scene's victim writes 22 over 11, the second 33: of the sizes that the scene's name tells. */
size_t its_size(uint32_t number)
{
    const char *name = scene->name;
    bool old = number == OLD;
    bool big =
        old ? strstr(name, "_from_big") || strstr(name, "get_big") : strstr(name, "_big") && !strstr(name, "_small");
    bool run = old ? strstr(name, "_from_run") || strstr(name, "get_run") : strstr(name, "_run") != NULL;
    /* small ones in blocks of one class, so that one takes the place of another */
    return big ? BIG : run ? RUN : strstr(name, "_span") && !old ? 3001 : 100 + number / 11;
}

void choose_sizes(void)
{
    for (other_count = 0; other_count < 5; other_count++)
        other_sizes[other_count] = 20 + 37 * (size_t)other_count;
}

void clear_directory(void)
{
    char path[400];
    DIR *open = opendir(directory);
    for (struct dirent *it; open && (it = readdir(open));)
        if (snprintf(path, sizeof path, "%s/%s", directory, it->d_name) > 0 && it->d_type != DT_DIR)
            unlink(path);
    if (open)
        closedir(open);
}
