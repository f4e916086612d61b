/*
 * Who waits in a fuzz target waits in vain: nobody else is there. So a sleep in the kernel does not take place. It ends at
 * once, as if a signal had come, and that is told to the target.
 *
 * Linked with -Wl,--wrap=syscall, by way of which the core sleeps.
 */
#ifndef SHOAL_FUZZ_WAITS_H
#define SHOAL_FUZZ_WAITS_H

void waits_are_interrupted(void (*told)(void));

#endif
