/* The kinds of objects: what each is, its own file has. */
#include "kinds.h"

#include "exceptions.h"

#define ROW(kind) [SHOAL_KIND_##kind] = &php_shoal_class_##kind,
static shoal_class *const classes[] = {SHOAL_EACH_CLASS(ROW)};
#define KINDS (sizeof classes / sizeof *classes)

void php_shoal_kinds_startup(void)
{
    for (size_t kind = 0; kind < KINDS; kind++) {
        if (classes[kind]) {
            classes[kind]->startup(classes[kind]);
        }
    }
}

const shoal_class *php_shoal_class_of_kind(int kind)
{
    return kind > 0 && (size_t)kind < KINDS ? classes[kind] : NULL;
}

const shoal_class *php_shoal_class_of_entry(const zend_class_entry *ce)
{
    size_t kind = 0;
    while (!classes[kind] || classes[kind]->ce != ce) {
        kind++;
    }
    return classes[kind];
}

int php_shoal_open_kind(shoal_object **out, shoal_segment *segment, zend_string *name, int kind)
{
    int status = shoal_object_open(out, segment, ZSTR_VAL(name), ZSTR_LEN(name));
    if (status >= 0 && shoal_object_kind(*out) != kind) {
        php_shoal_raise_because(SHOAL_EMISMATCH, "\"%s\" is %s, not %s", ZSTR_VAL(name),
                                shoal_kind_phrase(shoal_object_kind(*out)), shoal_kind_phrase(kind));
        shoal_object_close(*out);
        return SHOAL_EMISMATCH;
    }
    return status;
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

/* The object of that name, open, if its class takes values in. NULL: not, or not any more since it was found; or an exception. */
static shoal_object *open_taker(const shoal_class **class, shoal_segment *segment, zend_string *name)
{
    shoal_object *object;
    *class = php_shoal_class_of_kind(shoal_object_find(segment, ZSTR_VAL(name), ZSTR_LEN(name)));
    if (!*class || !(*class)->assign) {
        return NULL;
    }
    int status = shoal_object_open(&object, segment, ZSTR_VAL(name), ZSTR_LEN(name));
    if (status < 0 && status != SHOAL_ENOKEY && status != SHOAL_EMISMATCH) {
        php_shoal_raise(status);
    }
    if (status < 0 || shoal_object_kind(object) == (*class)->kind) {
        return status < 0 ? NULL : object;
    }
    shoal_object_close(object);
    return NULL;
}

bool php_shoal_assign_live(shoal_segment *segment, zend_string *name, zval *value)
{
    const shoal_class *class;
    shoal_object *object = open_taker(&class, segment, name);
    bool taken = object && class->assign(object, name, value);
    shoal_object_close(object);
    return taken || EG(exception);
}
