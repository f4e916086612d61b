/* What goes wrong, and how to see it again. */
#include "step.h"

#include <signal.h>
#include <stdarg.h>
#include <sys/time.h>

struct figures figures;
struct now now;
char disturbance[200];
bool judging;

static pid_t tool; /* this process; victims and others are its children */

void violation(const char *format, ...)
{
    char text[400];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    figures.violations++;
    printf("VIOLATION in %s%s, image %d, after step %llu, before 0x%llx%s%s: %s\n    again: step --seed %llu --round "
           "%d %s\n",
           now.operation, now.chain, now.image, (unsigned long long)now.step, (unsigned long long)now.at,
           *disturbance ? ", disturbed by " : "", disturbance, text, now.seed, now.round, now.operation);
    fflush(stdout);
    if (figures.violations > 20)
        exit(1);
}

void finding(void *where, const char *sentence)
{
    violation("check, %s: %s", (const char *)where, sentence);
}

void wrong(const char *format, ...)
{
    char text[400];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (judging) {
        violation("%s", text);
        return;
    }
    printf("FAILED: %s in %s%s\n", text, now.operation, now.chain);
    fflush(stdout);
    _exit(2);
}

int must(int status, const char *what)
{
    if (status < 0)
        wrong("%s: %s: %s", what, shoal_status_name(status), shoal_error_message());
    return 1;
}

/* ---- Nobody has what is dead in the image, and nobody who is alive gives anything ---- */

void took(enum kept what, int status)
{
    (void)what;
    must(status, "take");
}
void has(enum kept what, int count)
{
    (void)what, (void)count;
}
shoal_time to_have(void)
{
    return SHOAL_NO_WAIT;
}
/* Long enough for LONGWAIT; nobody really sleeps. */
shoal_time in_between(void)
{
    return shoal_deadline(1.5);
}
bool in_vain(int status)
{
    if (status != SHOAL_ETIMEDOUT && status != SHOAL_EBROKEN)
        must(status < 0 ? status : SHOAL_EVALUE, "what was to be refused");
    return true;
}

/* ---- Ends ---- */

/* By the processor's time: nobody really sleeps here, and the machine may be busy with other things. 0: no limit. */
void limit_time(int seconds)
{
    struct itimerval limit = {.it_value.tv_sec = seconds};
    setitimer(ITIMER_PROF, &limit, NULL);
}

void clean_up(void)
{
    char path[128];
    static const char *const names[] = {"image", "target", "source", "copy"};
    for (int i = 0; getpid() == tool && i < 4; i++) {
        snprintf(path, sizeof path, "%s/shoal.%s", directory, names[i]);
        unlink(path);
    }
    if (getpid() == tool)
        rmdir(directory);
}

static void on_death(int signal)
{
    violation("%s: %s", judging ? "who judges" : "the victim",
              signal == SIGPROF || signal == SIGALRM ? "goes on for ever" : strsignal(signal));
    clean_up();
    _exit(1);
}

void begin_report(void)
{
    tool = getpid();
    atexit(clean_up);
    signal(SIGALRM, on_death);
    signal(SIGPROF, on_death);
    signal(SIGSEGV, on_death);
    signal(SIGBUS, on_death);
}

/* What fork returned: without a child nothing is to be found out, and its number is to be killed later. */
pid_t split(pid_t pid)
{
    if (pid >= 0)
        return pid;
    perror("fork");
    exit(2);
}
