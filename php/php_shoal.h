/*
 * The module, and the map of the binding. A file is a room, and what it gives to others is in the header of its name.
 * Low to high:
 *
 *   exceptions   a status -> an exception               properties   classes, and readonly properties computed when read
 *   context      of the process                         wait         waits that PHP can interrupt
 *   attach       what this process has attached, from request to request
 *   allowed      names and descriptors, by open_basedir
 *   serialize    handles as the names of what they are of
 *   wire         encode.c, decode.c: zval <-> MessagePack; bytes.c: Shoal\Bytes
 *   kinds        the kinds of objects, by number        value        a copy of a value, or what is live, by name
 *   segment      the class; segment_….c: its array form, foreach, info() and check()
 *   handle       a handle on a live object              owners       who holds, who waits, as arrays
 *   take         methods that take, and hold while a callback runs
 *   message      values in queues: send.c puts, message.c gets, loan.c lends; queues.h: how they are opened
 *   job          what was taken from a JobQueue         work         its work(): work.c in one process, pool.c in several
 *
 * Above these stand the kinds of objects, each a file with its stub: its class, its opener, its wrap. (What NdArrays have more than
 * that is in ndarray_….c.) Above all, open.c has the functions of Shoal\, and shoal.c the life of the module.
 *
 * No core lock is ever held while one of these allocates, throws or calls back: emalloc may longjmp.
 */
#ifndef PHP_SHOAL_H
#define PHP_SHOAL_H

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "php.h"

#include "shoal.h"

extern zend_module_entry shoal_module_entry;
#define phpext_shoal_ptr &shoal_module_entry

#define SHOAL_SCRATCH                                                                                                  \
    SHOAL_QUEUE_SMALL /* bytes: values, and messages of queues, up to here need no allocation to be copied out */

ZEND_BEGIN_MODULE_GLOBALS(shoal)
    char *directory; /* shoal.directory */
    char *mode;      /* shoal.mode */
    struct shoal_attachment *attachments;
    bool scratch_lent;
    size_t usual; /* bytes of the value that was read last: what the next one is expected to have */
    char scratch[SHOAL_SCRATCH];
    shoal_segment
        *awaited; /* the call waits for its structure's lock while handlers run; NULL: one of them closed it */
    shoal_time script_end;
    bool ending; /* the engine was about to end the script while the core waited */
ZEND_END_MODULE_GLOBALS(shoal)

ZEND_EXTERN_MODULE_GLOBALS(shoal)
#define SHOAL_G(field) ZEND_MODULE_GLOBALS_ACCESSOR(shoal, field)

#if defined(ZTS) && defined(COMPILE_DL_SHOAL)
ZEND_TSRMLS_CACHE_EXTERN()
#endif

#endif
