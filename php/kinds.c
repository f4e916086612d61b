/* The kinds of objects: what each is, its own file has. */
#include "kinds.h"

#include "exceptions.h"

/* In the order of their numbers. */
static shoal_class *const classes[SHOAL_KIND_LAST + 1] = {
#define ROW(code, number, file, article, name) [number] = &php_shoal_##file##_class,
    SHOAL_KIND_LIST(ROW)
#undef ROW
};

void php_shoal_kinds_startup(void)
{
    for (int kind = 1; kind <= SHOAL_KIND_LAST; kind++) {
        if (classes[kind] && classes[kind]->startup) {
            classes[kind]->startup(classes[kind]);
        }
    }
}

const shoal_class *php_shoal_class_of_kind(int kind)
{
    return kind > 0 && kind <= SHOAL_KIND_LAST && classes[kind] && classes[kind]->wrap ? classes[kind] : NULL;
}

const shoal_class *php_shoal_class_of_entry(const zend_class_entry *ce)
{
    int kind = 1;
    while (!classes[kind] || classes[kind]->ce != ce) {
        kind++;
    }
    return classes[kind];
}

bool php_shoal_wrap(zval *out, shoal_attachment *attachment, shoal_object *object)
{
    const shoal_class *class = php_shoal_class_of_kind(shoal_object_kind(object));
    if (class) {
        return class->wrap(out, attachment, object);
    }
    php_shoal_raise_because(SHOAL_EMISMATCH, "\"%s\" is of a kind that this version does not know",
                            shoal_object_name(object, &(size_t){0}));
    shoal_object_close(object);
    return false;
}

bool php_shoal_assign_live(shoal_segment *segment, zend_string *name, zval *value)
{
    shoal_object *object;
    const shoal_class *class = php_shoal_class_of_kind(shoal_object_find(segment, ZSTR_VAL(name), ZSTR_LEN(name)));
    if (!class || !class->assign) {
        return false;
    }
    int status = shoal_object_open_kind(&object, segment, ZSTR_VAL(name), ZSTR_LEN(name), class->kind);
    if (status < 0 && status != SHOAL_ENOKEY && status != SHOAL_EMISMATCH) {
        php_shoal_raise(status);
    }
    bool taken = object && class->assign(object, name, value); /* NULL: not any more since it was found */
    shoal_object_close(object);
    return taken || EG(exception);
}
