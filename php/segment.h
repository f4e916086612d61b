/* Shoal\Segment, whose files are segment.c (the class), segment_offsets.c (its array form), segment_report.c. */
#ifndef PHP_SHOAL_SEGMENT_H
#define PHP_SHOAL_SEGMENT_H

#include "attach.h"
#include "exceptions.h"

typedef struct shoal_segment_object {
    shoal_attachment *attachment; /* NULL: closed, or never made */
    zend_string *name;            /* NULL: never made */
    uint64_t size;
    shoal_identity identity;
    bool readonly;
    zend_object std;
} shoal_segment_object;

static inline shoal_segment_object *php_shoal_segment_of(zend_object *object)
{
    return (shoal_segment_object *)((char *)object - offsetof(shoal_segment_object, std));
}

/* The segment of $this, or return from the method with Closed thrown. */
#define SHOAL_THIS_SEGMENT(variable)                                                                                   \
    shoal_segment_object *variable = php_shoal_segment_of(Z_OBJ_P(ZEND_THIS));                                         \
    if (UNEXPECTED(!variable->attachment)) {                                                                           \
        php_shoal_raise_closed(&variable->std);                                                                        \
        RETURN_THROWS();                                                                                               \
    }

void php_shoal_segment_startup(void);
/* Takes over `attachment` and `name`. */
void php_shoal_segment_wrap(zval *out, shoal_attachment *attachment, zend_string *name);
void php_shoal_segment_fill(shoal_segment_object *segment, shoal_attachment *attachment, zend_string *name);

/* list<string>; an exception leaves `out` as it was. */
void php_shoal_segment_names(zval *out, shoal_segment *segment);
void php_shoal_segment_offsets_init(zend_object_handlers *handlers);
zend_object_iterator *php_shoal_segment_iterator(zend_class_entry *ce, zval *object, int by_ref);

#endif
