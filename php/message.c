/* Messages that were got: decoded, or kept for the arrays that show their pages. */
#include "message.h"

#include "exceptions.h"
#include "wire.h"

/* A large message, whose pages are this process's own. */
typedef struct shoal_received {
    shoal_lease lease;
    shoal_taken message;
} shoal_received;

static bool is_here(const shoal_lease *lease)
{
    return shoal_taken_is_ours(&((const shoal_received *)lease)->message);
}

static void end(shoal_lease *lease)
{
    shoal_taken_end(&((shoal_received *)lease)->message);
    efree(lease);
}

static void complain(shoal_lease *lease)
{
    php_shoal_raise_because(SHOAL_ECLOSED,
                            "this array lies in a message that the parent process has got: copy it before the fork");
}

/* Takes over the message. NULL: the engine is to leave by longjmp, as it does where memory ends, and the message goes on. */
static shoal_received *receive(const shoal_taken *message)
{
    shoal_received *received = NULL;
    zend_try
    {
        received = emalloc(sizeof *received);
    }
    zend_end_try();
    if (received) {
        *received = (shoal_received){{.references = 1, .here = is_here, .end = end, .raise = complain}, *message};
    }
    return received;
}

/* The pages are given back also when the engine leaves in the midst of it. */
static bool decode_in_place(zval *out, shoal_taken *message)
{
    shoal_received *received = receive(message);
    volatile bool decoded = false, left = false;
    if (!received) {
        shoal_taken_end(message);
        zend_bailout();
    }
    zend_try
    {
        decoded = php_shoal_decode_in(out, received->message.bytes, received->message.size, &received->lease);
    }
    zend_catch
    {
        left = true;
    }
    zend_end_try();
    php_shoal_lease_release(&received->lease);
    if (left) {
        zend_bailout();
    }
    return decoded;
}

bool php_shoal_message_decode(zval *out, shoal_taken *message)
{
    return message->in_place ? decode_in_place(out, message) : php_shoal_decode(out, message->bytes, message->size);
}

/* `*next` is of the first that has not ended. */
static bool append_each(zval *list, shoal_taken *messages, size_t count, volatile size_t *next)
{
    while (*next < count) {
        zval value;
        shoal_taken *message = &messages[(*next)++];
        if (!php_shoal_message_decode(&value, message)) {
            return false;
        }
        add_next_index_zval(list, &value);
    }
    return true;
}

bool php_shoal_messages_append(zval *list, shoal_taken *messages, size_t count)
{
    volatile size_t next = 0;
    volatile bool appended = false, left = false;
    zend_try
    {
        appended = append_each(list, messages, count, &next);
    }
    zend_catch
    {
        left = true;
    }
    zend_end_try();
    for (size_t i = next; i < count; i++) {
        shoal_taken_end(&messages[i]);
    }
    if (left) {
        zend_bailout();
    }
    return appended;
}
