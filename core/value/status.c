#include "value/status.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The last failure of this thread: its status, and its sentence in `detail` (NULL or "": the status's general
 * sentence). The sentence is in heap memory, allocated at the first failure, and not in thread-local memory: libraries
 * that are loaded late share little more than a thousand bytes of that (platform/process.h).
 */
static _Thread_local int last_status;
static _Thread_local char *detail;
static pthread_key_t key;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static int key_is_there;

static void end_of_thread(void *mine)
{
    free(mine);
    detail = NULL; /* another destructor of this thread may still call the library */
}

static void make_key(void)
{
    key_is_there = pthread_key_create(&key, end_of_thread) == 0;
}

/* When the library is unloaded: threads that end later must not call end_of_thread. */
__attribute__((destructor)) static void forget_key(void)
{
    if (key_is_there)
        pthread_key_delete(key);
}

/* This thread's buffer. NULL: out of memory; then the status's general sentence is used. */
static char *own_detail(void)
{
    if (detail)
        return detail;
    pthread_once(&key_once, make_key);
    detail = key_is_there ? malloc(SHOAL__ERROR_SIZE) : NULL;
    if (detail && pthread_setspecific(key, detail) != 0) {
        free(detail);
        detail = NULL;
    }
    return detail;
}

const char *shoal_status_name(int status)
{
    switch (status) {
    case SHOAL_OK:
        return "SHOAL_OK";
    case SHOAL_RECOVERED:
        return "SHOAL_RECOVERED";
    case SHOAL_LIVE:
        return "SHOAL_LIVE";
    case SHOAL_LARGER:
        return "SHOAL_LARGER";
    case SHOAL_PENDING:
        return "SHOAL_PENDING";
    case SHOAL_MISS:
        return "SHOAL_MISS";
#define CASE_NAME(code, number, exception, message)                                                                    \
    case number:                                                                                                       \
        return "SHOAL_" #code;
        SHOAL_STATUS_LIST(CASE_NAME)
    default:
        return "unknown status";
    }
}

/* "" if the status is no error. */
const char *shoal_status_exception(int status)
{
    switch (status) {
#define CASE_EXCEPTION(code, number, exception, message)                                                               \
    case number:                                                                                                       \
        return exception;
        SHOAL_STATUS_LIST(CASE_EXCEPTION)
    default:
        return status < 0 ? "Error" : "";
    }
}

const char *shoal_status_message(int status)
{
    switch (status) {
    case SHOAL_OK:
        return "success";
    case SHOAL_RECOVERED:
        return "the lock is yours, but its last holder died holding it";
    case SHOAL_LIVE:
        return "the name is a live object, not a Value";
    case SHOAL_LARGER:
        return "the buffer is too small";
    case SHOAL_PENDING:
        return "not yet: the wait goes on";
    case SHOAL_MISS:
        return "the key is not there, or is not as the call asks for";
#define CASE_MESSAGE(code, number, exception, message)                                                                 \
    case number:                                                                                                       \
        return message;
        SHOAL_STATUS_LIST(CASE_MESSAGE)
    default:
        return "unknown status";
    }
}

int shoal__fail(int status, const char *format, ...)
{
    char sentence[SHOAL__ERROR_SIZE] = ""; /* not directly into `detail`: an argument may point there */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    char *mine = own_detail();
    if (mine)
        memcpy(mine, sentence, sizeof sentence);
    last_status = status;
    return status;
}

int shoal__fail_plainly(int status)
{
    if (detail)
        detail[0] = '\0';
    last_status = status;
    return status;
}

const char *shoal_error_message(void)
{
    return detail && detail[0] != '\0' ? detail : shoal_status_message(last_status);
}

void shoal__told_keep(struct shoal_told *told)
{
    told->status = last_status;
    strcpy(told->sentence, detail ? detail : "");
}

void shoal__told_again(const struct shoal_told *told)
{
    if (detail)
        strcpy(detail, told->sentence);
    last_status = told->status;
}
