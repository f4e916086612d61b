#include "value/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What the last failure of this thread left: its sentence in `detail`, or none and just its status. */
static _Thread_local int last_status;
static _Thread_local char detail[SHOAL__ERROR_SIZE];

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
#define CASE_NAME(code, number, exception, message)                                                                    \
    case number:                                                                                                       \
        return "SHOAL_" #code;
        SHOAL_STATUS_LIST(CASE_NAME)
    default:
        return "unknown status";
    }
}

/* "" for what is no error. */
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
    char sentence[SHOAL__ERROR_SIZE] = ""; /* not `detail` at once: an argument may point there */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    memcpy(detail, sentence, sizeof detail);
    last_status = status;
    return status;
}

int shoal__fail_plainly(int status)
{
    detail[0] = '\0';
    last_status = status;
    return status;
}

const char *shoal_error_message(void)
{
    return detail[0] != '\0' ? detail : shoal_status_message(last_status);
}
