/* The names of a segment's objects, collected without touching Python. */
#include "names.h"

#include "gil.h"

static int collect_name(void *argument, const char *name, size_t length, int kind)
{
    NameList *list = argument;
    if (list->size + length + 2 > list->capacity) {
        size_t capacity = (list->capacity + length + 2) * 2;
        char *grown = PyMem_RawRealloc(list->bytes, capacity);
        if (!grown)
            return SHOAL_ENOMEM;
        list->bytes = grown;
        list->capacity = capacity;
    }
    list->bytes[list->size] = (char)kind;
    list->bytes[list->size + 1] = (char)length;
    memcpy(list->bytes + list->size + 2, name, length);
    list->size += length + 2;
    list->count++;
    return 0;
}

int names_collect(NameList *list, Attachment *attachment)
{
    int status;
    *list = (NameList){0};
    WITHOUT_GIL(status = shoal_object_each(attachment->segment, collect_name, list));
    return status;
}

void names_free(NameList *list)
{
    PyMem_RawFree(list->bytes);
}
