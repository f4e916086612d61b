/* Aware datetimes <-> seconds and nanoseconds since 1970 in UTC. */
#include "value.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored                                                                                         \
    "-Wunused-variable" /* the header's global pointer to its API, which we keep in the state */
#include <datetime.h>
#pragma GCC diagnostic pop

#define DAY 86400

static PyDateTime_CAPI *api_of(ModuleState *state)
{
    PyDateTime_CAPI *api = __atomic_load_n(&state->datetime, __ATOMIC_ACQUIRE);
    if (!api) {
        api = PyCapsule_Import(PyDateTime_CAPSULE_NAME, 0); /* the same, whoever asks */
        __atomic_store_n(&state->datetime, api, __ATOMIC_RELEASE);
    }
    return api;
}

/* While nobody has imported the module, no object can be a datetime. */
static bool is_loaded(void)
{
    PyObject *name = PyUnicode_FromString("datetime");
    PyObject *module = name ? PyImport_GetModule(name) : NULL;
    Py_XDECREF(name);
    bool loaded = module && module != Py_None;
    Py_XDECREF(module);
    PyErr_Clear();
    return loaded;
}

int time_is_datetime(ModuleState *state, PyObject *object)
{
    if (!__atomic_load_n(&state->datetime, __ATOMIC_ACQUIRE) && !is_loaded())
        return 0;
    PyDateTime_CAPI *api = api_of(state);
    return api ? PyObject_TypeCheck(object, api->DateTimeType) : -1;
}

int time_is_nat(ModuleState *state, PyObject *object)
{
    PyDateTime_CAPI *api = api_of(state);
    if (!api || Py_IS_TYPE(object, api->DateTimeType))
        return api ? 0 : -1;
    PyObject *equal = PyObject_RichCompare(object, object, Py_EQ);
    int result = equal ? PyObject_Not(equal) : -1;
    Py_XDECREF(equal);
    return result;
}

/* Days from 1970-01-01 to a date of the proleptic Gregorian calendar, in eras of 400 years from 1 March. */
static int64_t days_of_date(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void date_of_days(int64_t days, int64_t *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted + (shifted < 10 ? 3 : -9));
    *year = year_of_era + era * 400 + (*month <= 2);
}

/* What object.utcoffset() says, which a subclass may have as it likes: a timedelta or None. */
static PyObject *offset_of(ModuleState *state, PyObject *object)
{
    PyDateTime_CAPI *api = api_of(state);
    PyObject *offset = api ? PyObject_CallMethod(object, "utcoffset", NULL) : NULL;
    if (!offset || offset == Py_None || PyObject_TypeCheck(offset, api->DeltaType))
        return offset;
    PyErr_Format(PyExc_TypeError, "%.100s.utcoffset() must give a timedelta or None, not %.100s",
                 Py_TYPE(object)->tp_name, Py_TYPE(offset)->tp_name);
    Py_DECREF(offset);
    return NULL;
}

int time_from_python(ModuleState *state, PyObject *object, int64_t *seconds, uint32_t *nanoseconds)
{
    PyObject *offset = offset_of(state, object);
    if (!offset || offset == Py_None) {
        Py_XDECREF(offset);
        return offset ? 0 : -1;
    }
    int64_t microseconds = PyDateTime_DATE_GET_MICROSECOND(object) - PyDateTime_DELTA_GET_MICROSECONDS(offset);
    *seconds =
        days_of_date(PyDateTime_GET_YEAR(object), PyDateTime_GET_MONTH(object), PyDateTime_GET_DAY(object)) * DAY;
    *seconds += PyDateTime_DATE_GET_HOUR(object) * 3600 + PyDateTime_DATE_GET_MINUTE(object) * 60 +
                PyDateTime_DATE_GET_SECOND(object);
    *seconds -= (int64_t)PyDateTime_DELTA_GET_DAYS(offset) * DAY + PyDateTime_DELTA_GET_SECONDS(offset);
    Py_DECREF(offset);
    if (microseconds < 0) {
        microseconds += 1000000;
        *seconds -= 1;
    }
    *nanoseconds = (uint32_t)microseconds * 1000;
    return 1;
}

PyObject *time_to_python(ModuleState *state, int64_t seconds, uint32_t nanoseconds)
{
    PyDateTime_CAPI *api = api_of(state);
    if (!api)
        return NULL;
    int64_t year = 0, days = seconds / DAY - (seconds % DAY < 0);
    int month = 0, day = 0, rest = (int)(seconds - days * DAY);
    if (days > -1000000 && days < 4000000)
        date_of_days(days, &year, &month, &day);
    if (year < 1 || year > 9999) {
        PyErr_Format(PyExc_OverflowError, "the stored time, %lld s from 1970, is outside of datetime's years 1 to 9999",
                     (long long)seconds);
        return NULL;
    }
    return api->DateTime_FromDateAndTime((int)year, month, day, rest / 3600, rest / 60 % 60, rest % 60,
                                         (int)(nanoseconds / 1000 % 1000000), api->TimeZone_UTC, api->DateTimeType);
}
