/* Under a kernel (or an emulator) that does not know MADV_WIPEONFORK a forked child is still not its parent. */
#include "check.h"

#include "scratch.h"

#include <sys/mman.h>
#include <sys/syscall.h>

static int asked;

/* Instead of the library's: this program is linked with the static core. */
int madvise(void *address, size_t size, int advice)
{
    asked += advice == MADV_WIPEONFORK;
    return advice == MADV_WIPEONFORK ? 0 : (int)syscall(SYS_madvise, address, size, advice);
}

static void be_nobody(void *argument)
{
    shoal_object *lock = argument;
    CHECK(!shoal_lock_is_mine(lock));
    CHECK_STATUS(shoal_lock_release(lock), SHOAL_ELOCK);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
}

TEST(a_child_does_not_hold_its_parents_lock_where_the_kernel_wipes_nothing)
{
    shoal_segment *segment = open_or_create(new_context(), "old");
    shoal_object *lock;
    shoal_info info;
    CHECK_STATUS(shoal_lock_open(&lock, segment, "l", 1, 0), SHOAL_OK);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(asked > 0);
    join(in_child(be_nobody, lock));
    CHECK(shoal_lock_is_mine(lock));
    CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK);
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    CHECK(info.peers == 1);
}
