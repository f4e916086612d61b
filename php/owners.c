/* Who holds a lock and who waits for it, as arrays. */
#include "owners.h"

#include "handle.h"

#define ON_STACK 16

void php_shoal_owner_to_zval(zval *out, const shoal_owner *owner)
{
    if (owner->pid == 0) {
        ZVAL_NULL(out);
        return;
    }
    array_init_size(out, 6);
    add_assoc_long(out, "pid", owner->pid);
    add_assoc_long(out, "thread", owner->thread);
    add_assoc_double(out, "since", owner->since);
    add_assoc_stringl(out, "program", owner->program, strnlen(owner->program, sizeof owner->program));
    add_assoc_bool(out, "alive", owner->alive);
    add_assoc_long(out, "count", owner->count);
}

void php_shoal_owners_to_zval(zval *out, const shoal_owner *owners, size_t count)
{
    array_init_size(out, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        zval owner;
        php_shoal_owner_to_zval(&owner, &owners[i]);
        add_next_index_zval(out, &owner);
    }
}

bool php_shoal_handle_owner(zend_object *object, zval *out)
{
    const shoal_handle *handle = php_shoal_handle_of(object);
    shoal_owner owner;
    if (!handle->object || !php_shoal_succeeded(shoal_lock_owner(&owner, handle->object))) {
        return false;
    }
    php_shoal_owner_to_zval(out, &owner);
    return true;
}

typedef int (*lister)(shoal_owner *out, size_t limit, size_t *count, const shoal_object *object);

static bool list(zend_object *object, zval *out, lister ask)
{
    const shoal_handle *handle = php_shoal_handle_of(object);
    shoal_owner some[ON_STACK], *owners = some;
    size_t limit = ON_STACK, count = 0;
    if (!php_shoal_handle_usable(handle)) {
        return false;
    }
    int status = ask(owners, limit, &count, handle->object);
    while (status >= 0 && count > limit) { /* more, or more than a moment ago */
        limit = count;
        owners = safe_erealloc(owners == some ? NULL : owners, limit, sizeof *owners, 0);
        status = ask(owners, limit, &count, handle->object);
    }
    if (status >= 0) {
        php_shoal_owners_to_zval(out, owners, count);
    }
    if (owners != some) {
        efree(owners);
    }
    return php_shoal_succeeded(status);
}

bool php_shoal_handle_holders(zend_object *object, zval *out)
{
    return list(object, out, shoal_object_holders);
}

bool php_shoal_handle_waiters(zend_object *object, zval *out)
{
    return list(object, out, shoal_object_waiters);
}
