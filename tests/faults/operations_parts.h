/* What the parts of the list of operations share. */
#ifndef SHOAL_TESTS_OPERATIONS_PARTS_H
#define SHOAL_TESTS_OPERATIONS_PARTS_H

#include "operations.h"

#define NAME(text) text, sizeof text - 1
#define SOON shoal_deadline(0.003)
#define FEW 1000 /* elements of an array */
#define MUST(call) must(call, #call)

/* Ended by one without a name. */
extern const struct operation segment_operations[], object_operations[], lock_operations[], queue_operations[],
    job_operations[];
const struct operation *kind_operations(void); /* those that are the same for each kind */

void must(int status, const char *what); /* preparing, which is not what is tried */
shoal_context *context_in(const char *directory);
shoal_options options_of(bool readonly, uint32_t lifetime);
shoal_dtype bytes_type(void);

/* Preparations. */
void have_second(struct world *world);
void have_reader(struct world *world);

/* As another sees it: 0 as before, 1 as after, -1 torn. */
int small_is_new(shoal_segment *segment);
int big_is_new(shoal_segment *segment);
int other_is_new(shoal_segment *segment);
int made_is_there(shoal_segment *segment);
int small_is_gone(shoal_segment *segment);
int big_is_gone(shoal_segment *segment);
int array_is_gone(shoal_segment *segment);
int counter_is_six(shoal_segment *segment);

#endif
