/*
 * Each call that the core makes to the system fails, in each way it can, at each place of each public operation.
 *
 * One case is a process of its own: it makes a segment, calls the operation with the fault, and stops; this process
 * attaches and looks; then it calls again without the fault, closes everything and ends; this process looks again. What
 * must hold: the call succeeded, or failed with the status and the sentence for it and changed nothing; no descriptor, mapping, block
 * of memory or name stays behind; the segment is sound in the eyes of another; the next try works; nobody dies or hangs.
 *
 *   faults [--seed N] [--seconds S] [--share N] [--hosts N] [--pairs N] [--every] [operation ...]
 *   faults --replay operation:hosts:at:errno:repeat[:at:errno:repeat]
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"

#define SAME_CALLS 6

static uint64_t random_state = 1;

static uint32_t draw(uint32_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 33) % below;
}

/* ---- One case ---- */

static const char *const repeats[] = {"once", "ever", "storm"};

static void describe_plan(char *out, size_t size)
{
    int length = snprintf(out, size, "%s:%u", now->name, faults->hosts);
    for (int i = 0; i < FAULT_PLANS && faults->faults[i].at; i++)
        length += snprintf(out + length, size - (size_t)length, ":%u:%d:%s", faults->faults[i].at,
                           faults->faults[i].error, repeats[faults->faults[i].repeat]);
}

static void arm(struct world *world, const struct operation *operation)
{
    (void)world;
    fault_arm(operation->flags & IN_CHILD);
}

static void disarm(struct world *world, const struct operation *operation)
{
    (void)world, (void)operation;
    fault_disarm();
}

static const struct trouble injected = {arm, disarm, NULL, false};

/* ---- All cases ---- */

static bool worth_repeating(int error)
{
    return error != EEXIST && error != ENXIO && error != ELOOP;
}

/* Every call of the trace, every error, once and for good; of more than SAME_CALLS like it, only with `every`. */
static void single_faults(const struct operation *operation, uint32_t hosts, bool every, uint32_t share)
{
    static struct reference reference;
    uint32_t seen[FAULT_COUNT] = {0};
    faults->hosts = hosts;
    take_reference(&reference, operation, &injected);
    for (uint32_t at = 1; at <= reference.calls; at++) {
        enum fault_function function = reference.trace[at - 1];
        if (seen[function]++ >= SAME_CALLS && !every && draw(reference.calls) >= SAME_CALLS)
            continue;
        for (const int *error = fault_errors(function); *error; error++)
            for (int repeat = FAULT_ONCE; repeat <= FAULT_EVER; repeat++) {
                if ((repeat == FAULT_EVER && !worth_repeating(*error)) || draw(share) != 0)
                    continue;
                memset(faults->faults, 0, sizeof faults->faults);
                enum fault_repeat how = repeat == FAULT_EVER && (*error == EINTR || *error == EBUSY)
                                            ? FAULT_STORM
                                            : (enum fault_repeat)repeat;
                faults->faults[0] = (struct fault){at, *error, how};
                try_case(&reference, operation, &injected);
            }
    }
    memset(faults->faults, 0, sizeof faults->faults);
}

static struct fault any_fault(const struct reference *reference)
{
    uint32_t at = 1 + draw(reference->calls), count = 0;
    const int *errors = fault_errors(reference->trace[at - 1]);
    while (errors[count])
        count++;
    int error = errors[draw(count)];
    return (struct fault){at, error, error == EINTR || error == EBUSY ? FAULT_STORM : (enum fault_repeat)draw(2)};
}

static void pairs(long count, double until, const struct operation **chosen, unsigned chosen_count)
{
    static struct reference reference;
    for (long done = 0; done < count && seconds() < until;) {
        const struct operation *operation = chosen[draw(chosen_count)];
        faults->hosts = draw(3) == 0 ? 1u << draw(7) : 0;
        take_reference(&reference, operation, &injected);
        for (int i = 0; i < 50 && reference.calls > 0; i++, done++) {
            faults->faults[0] = any_fault(&reference);
            faults->faults[1] = any_fault(&reference);
            try_case(&reference, operation, &injected);
        }
    }
}

static int replay(char *text)
{
    static struct reference reference;
    struct fault wanted[FAULT_PLANS] = {{0}};
    const struct operation *operation = find_operation(strtok(text, ":"));
    faults->hosts = (uint32_t)atoi(strtok(NULL, ":"));
    take_reference(&reference, operation, &injected);
    for (uint32_t i = 0; i < reference.calls; i++)
        printf("%u %s\n", i + 1, fault_name(reference.trace[i]));
    for (int i = 0; i < FAULT_PLANS; i++) {
        char *at = strtok(NULL, ":"), *error = at ? strtok(NULL, ":") : NULL, *how = error ? strtok(NULL, ":") : NULL;
        for (int repeat = 0; how && repeat < 3; repeat++)
            if (strcmp(how, repeats[repeat]) == 0)
                wanted[i] = (struct fault){(uint32_t)atoi(at), atoi(error), (enum fault_repeat)repeat};
    }
    memcpy(faults->faults, wanted, sizeof wanted);
    try_case(&reference, operation, &injected);
    printf("%s: %s\n", shoal_status_name(shared->status), shared->message);
    return violations > 0;
}

static int report(uint64_t seed, double began, unsigned count)
{
    harness_end();
    printf(
        "{\"tool\": \"faults\", \"operations\": %u, \"injections\": %ld, \"calls_that_failed\": %ld, \"seed\": %llu, "
        "\"seconds\": %.1f, \"violations\": %ld}\n",
        count, cases, failed_calls, (unsigned long long)seed, seconds() - began, violations);
    return violations > 0;
}

int main(int argc, char **argv)
{
    const struct operation *chosen[300];
    unsigned count = 0, first_host = 0, hosts = 0, share = 1;
    uint64_t seed = (uint64_t)time(NULL);
    long pair_count = 0;
    double limit = 1e9, began = seconds();
    bool every = false;
    char *replayed = NULL;
    for (int i = 1; i < argc; i++) {
        bool more = i + 1 < argc;
        if (strcmp(argv[i], "--seed") == 0 && more)
            seed = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0 && more)
            limit = atof(argv[++i]);
        else if (strcmp(argv[i], "--hosts") == 0 && more)
            hosts = (unsigned)atoi(argv[++i]);
        else if (strcmp(argv[i], "--pairs") == 0 && more)
            pair_count = atol(argv[++i]);
        else if (strcmp(argv[i], "--share") == 0 && more)
            share = (unsigned)atoi(argv[++i]);
        else if (strcmp(argv[i], "--only-hosts") == 0)
            first_host = 1;
        else if (strcmp(argv[i], "--only-pairs") == 0)
            first_host = 100;
        else if (strcmp(argv[i], "--go-on") == 0)
            allowed_violations = 1 << 30;
        else if (strcmp(argv[i], "--every") == 0)
            every = true;
        else if (strcmp(argv[i], "--replay") == 0 && more)
            replayed = argv[++i];
        else
            chosen[count++] = find_operation(argv[i]);
    }
    for (unsigned i = 0; count == 0 && i < operation_count; i++)
        chosen[i] = &operations[i];
    if (!count)
        count = operation_count;
    random_state = seed * 2654435761u + 88172645463325252u;
    describe = describe_plan;
    harness_begin(NULL);
    if (replayed) {
        int status = replay(replayed);
        harness_end();
        return status;
    }
    for (unsigned host = first_host; host <= 7 && host < hosts + 1; host++)
        for (unsigned i = 0; i < count && seconds() - began < limit; i++)
            single_faults(chosen[i], host ? 1u << (host - 1) : 0, every, share);
    pairs(pair_count, began + limit, chosen, count);
    return report(seed, began, count);
}
