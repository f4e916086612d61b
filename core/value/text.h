/*
 * Text from callers: checks names of objects and segments, parses sizes, quotes text for messages. shoal_is_utf8 and
 * shoal_parse_size are declared in shoal.h.
 */
#ifndef SHOAL_VALUE_TEXT_H
#define SHOAL_VALUE_TEXT_H

#include "shoal.h"

#define SHOAL__OBJECT_NAME_MAX 255
#define SHOAL__SEGMENT_NAME_MAX 200

/* 1 to 255 bytes of UTF-8 without NUL, else SHOAL_EVALUE with a sentence that shows the name. */
int shoal__check_object_name(const char *name, size_t length);

/*
 * A plain segment name: 1 to 200 bytes of UTF-8 without control characters and '/', not starting with '.',
 * else SHOAL_EVALUE with a sentence that shows the name.
 */
int shoal__check_segment_name(const char *name);

/* Room for 40 bytes that are all escaped, the quotes, and the dots after a text that was cut. */
#define SHOAL__QUOTE_SIZE 176

/* Copy bytes as long as they are ASCII: false, and it has stopped somewhere, if not all are. */
bool shoal__copy_ascii(void *to, const void *from, size_t size);

/*
 * Text for a message: in double quotes, with control characters, quotes and bytes that are not UTF-8 escaped, cut after
 * about 40 bytes. Returns `buffer`, which holds SHOAL__QUOTE_SIZE bytes.
 */
const char *shoal__quote(char *buffer, const char *bytes, size_t length);

#endif
