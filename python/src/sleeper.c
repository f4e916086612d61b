/*
 * _Sleeper: where one thread sleeps, without the GIL, on what all waiting tasks of the process wait for.
 *
 * The lists, what they say of each wait, and every `wait` that is WATCHED, belong to `mutex`. It is held for a look at them,
 * never to sleep and never where Python code could run; who has the GIL may take it, who has it never takes the GIL. The thread sleeps on copies,
 * so an event loop may take its wait back at any time, and does not wait for the thread.
 */
#include "wait_object.h"

#include <pthread.h>
#include <unistd.h>

#include "errors.h"
#include "gil.h"
#include "types.h"

#define MOST_SLEPT_ON 127                  /* the most that shoal_wait_any sleeps on */
#define LOOK ((shoal_time)2 * 1000 * 1000) /* ns between two looks at those beyond */
#define LINGER ((shoal_time)500 * 1000000) /* ns without anything to watch after which the thread ends */
#define LINGER_BRIEFLY (LINGER / 10)       /* in a sub-interpreter, whose end has to wait for it */
#define EARLY(slice) ((slice) / 8)         /* a slice may end so much early, together with others */

typedef struct WaitList {
    WaitObject *first, *last;
    size_t count;
} WaitList;

typedef struct SleeperObject {
    PyObject_HEAD
    int64_t process;
    pthread_mutex_t mutex;
    bool daemon;  /* its thread may be one: in the main interpreter */
    bool watched; /* a thread is there, or on its way */
    bool asleep;  /* it sleeps on the copies, or will as soon as it has let go of the mutex */
    bool rung;    /* since it fell asleep */
    uint32_t bell;
    WaitList watching, ready, left;
    shoal_wait copies[MOST_SLEPT_ON]; /* the thread's own */
    shoal_wait *slept_on[MOST_SLEPT_ON];
} SleeperObject;

/* ---- Lists -------------------------------------------------------------------------------------- */

static void append(WaitList *list, WaitObject *wait, enum place place)
{
    wait->place = place;
    wait->next = NULL;
    wait->previous = list->last;
    *(list->last ? &list->last->next : &list->first) = wait;
    list->last = wait;
    list->count++;
}

static void unlink_from(WaitList *list, WaitObject *wait)
{
    *(wait->previous ? &wait->previous->next : &list->first) = wait->next;
    *(wait->next ? &wait->next->previous : &list->last) = wait->previous;
    wait->previous = wait->next = NULL;
    wait->place = NOWHERE;
    list->count--;
}

static WaitList *list_of(SleeperObject *self, const WaitObject *wait)
{
    return wait->place == WATCHED ? &self->watching : wait->place == READY ? &self->ready : &self->left;
}

/* Unlocks first: the thread wants the mutex as soon as it wakes. */
static void unlock_and_ring(SleeperObject *self)
{
    bool ring = self->asleep && !self->rung;
    self->rung = true;
    pthread_mutex_unlock(&self->mutex);
    if (ring)
        shoal_wait_ring(&self->bell);
}

/* ---- The thread: without the GIL ---------------------------------------------------------------- */

/* Those that were given up while we slept on them. What they may have been woken for is passed on only now. */
static void settle_left(SleeperObject *self)
{
    for (WaitObject *wait = self->left.first; wait; wait = wait->next) {
        if (wait->cancel)
            shoal_wait_cancel(&wait->wait);
        wait->cancel = false;
    }
}

/* A slice may end early, a deadline may not. */
static bool is_worth_a_try(WaitObject *wait, shoal_time now)
{
    if (shoal_wait_is_ready(&wait->wait))
        return true;
    wait->wait.slice_over = now >= wait->due - (wait->due == wait->deadline ? 0 : EARLY(wait->wait.slice));
    return wait->wait.slice_over;
}

/* Announced once, and not watched again before its task has tried: so a word that stays changed makes nothing spin. */
static void sort_out_ready(SleeperObject *self)
{
    shoal_time now = shoal_now();
    WaitObject *next;
    for (WaitObject *wait = self->watching.first; wait; wait = next) {
        next = wait->next;
        if (is_worth_a_try(wait, now)) {
            unlink_from(&self->watching, wait);
            append(&self->ready, wait, READY);
        }
    }
}

/* Many tasks wait for one event: it is slept on once. */
static bool is_copied(const SleeperObject *self, size_t count, const shoal_wait *wait)
{
    for (size_t i = 0; i < count; i++)
        if (self->copies[i].word == wait->word && self->copies[i].expected == wait->expected)
            return true;
    return false;
}

/* What to sleep on, with what is left of the shortest slice in the first of them. */
static size_t copy_watched(SleeperObject *self)
{
    shoal_time now = shoal_now(), shortest = SHOAL_FOREVER;
    size_t count = 0;
    for (WaitObject *wait = self->watching.first; wait; wait = wait->next) {
        shoal_time rest = wait->due - now;
        shortest = rest < shortest ? rest : shortest;
        if (count == MOST_SLEPT_ON) {
            shortest = shortest < LOOK ? shortest : LOOK;
            break; /* the rest of them are looked at in a moment */
        }
        if (is_copied(self, count, &wait->wait))
            continue;
        self->copies[count].word = wait->wait.word;
        self->copies[count].expected = wait->wait.expected;
        self->slept_on[count] = &self->copies[count];
        count++;
    }
    for (size_t i = 0; i < count; i++)
        self->copies[i].slice = shortest > 0 ? shortest : 1;
    return count;
}

static void sleep_locked(SleeperObject *self)
{
    size_t count = copy_watched(self);
    uint32_t heard = __atomic_load_n(&self->bell, __ATOMIC_RELAXED); /* rung after it: no sleep, or a short one */
    self->asleep = true;
    self->rung = false;
    pthread_mutex_unlock(&self->mutex);
    shoal_wait_any(self->slept_on, count, &self->bell, heard);
    pthread_mutex_lock(&self->mutex);
    self->asleep = false;
}

/* Until there is something to do that needs the GIL. False: nobody waits any more, and the thread is to end. */
static bool watch(SleeperObject *self)
{
    shoal_time linger = self->daemon ? LINGER : LINGER_BRIEFLY, idle_until = shoal_now() + linger;
    bool go_on = true;
    pthread_mutex_lock(&self->mutex);
    for (;;) {
        settle_left(self);
        sort_out_ready(self);
        if (self->ready.count > 0 || self->left.count > 0)
            break;
        if (self->watching.count > 0) {
            idle_until = shoal_now() + linger;
        } else if (shoal_now() >= idle_until) {
            self->watched = go_on = false;
            break;
        }
        sleep_locked(self);
    }
    pthread_mutex_unlock(&self->mutex);
    return go_on;
}

/* ---- With the GIL ------------------------------------------------------------------------------- */

/* The first of `list` and its future, which are the caller's then; NULL when it is empty. */
static WaitObject *take_first(SleeperObject *self, WaitList *list, PyObject **future)
{
    pthread_mutex_lock(&self->mutex);
    WaitObject *wait = list->first;
    *future = NULL;
    if (wait) {
        unlink_from(list, wait);
        *future = wait->future;
        wait->future = NULL;
    }
    pthread_mutex_unlock(&self->mutex);
    return wait;
}

static void drop_left(SleeperObject *self)
{
    WaitObject *wait;
    PyObject *future;
    while ((wait = take_first(self, &self->left, &future))) {
        Py_XDECREF(future);
        Py_DECREF(wait);
    }
}

/* All that are ready, with their futures, into `list`. */
static int collect_ready(SleeperObject *self, PyObject *list)
{
    WaitObject *wait;
    PyObject *future;
    while ((wait = take_first(self, &self->ready, &future))) {
        PyObject *pair = PyTuple_Pack(2, wait, future);
        int result = pair ? PyList_Append(list, pair) : -1;
        Py_XDECREF(pair);
        Py_DECREF(future);
        Py_DECREF(wait);
        if (result < 0)
            return -1;
    }
    return 0;
}

/* Waits that are worth a try, with the futures to be told; None: nobody waits, and the thread is to end. */
static PyObject *sleeper_sleep(SleeperObject *self, PyObject *Py_UNUSED(unused))
{
    PyObject *list = PyList_New(0);
    while (list && PyList_GET_SIZE(list) == 0) {
        bool go_on;
        WITHOUT_GIL(go_on = watch(self));
        drop_left(self);
        if (!go_on) {
            Py_DECREF(list);
            Py_RETURN_NONE;
        }
        if (collect_ready(self, list) < 0)
            Py_CLEAR(list);
    }
    return list;
}

/* ---- The loops: with the GIL -------------------------------------------------------------------- */

static void watch_locked(SleeperObject *self, WaitObject *wait)
{
    shoal_time due = shoal_now() + wait->wait.slice;
    wait->due = due < wait->deadline ? due : wait->deadline;
    append(&self->watching, wait, WATCHED);
}

static WaitObject *check_wait(SleeperObject *self, PyObject *object)
{
    if (Py_TYPE(object) == state_of(self)->wait_type)
        return (WaitObject *)object;
    PyErr_SetString(PyExc_TypeError, "a _Wait is needed");
    return NULL;
}

/* Take `wait` out of whatever list it is in. LEFT: the thread may look at its memory still. */
static void withdraw(SleeperObject *self, WaitObject *wait, bool cancel)
{
    pthread_mutex_lock(&self->mutex);
    enum place place = wait->place;
    PyObject *future = wait->future;
    wait->future = NULL;
    if (place != NOWHERE)
        unlink_from(list_of(self, wait), wait);
    bool leave = self->asleep && (place == WATCHED || place == LEFT);
    if (leave) {
        append(&self->left, wait, LEFT);
        if (cancel && wait->begun && wait->kind->wakes_one) {
            wait->cancel = true;
            wait->begun = false;
        }
    }
    if (leave)
        unlock_and_ring(self);
    else
        pthread_mutex_unlock(&self->mutex);
    Py_XDECREF(future);
    if (place != NOWHERE && !leave)
        Py_DECREF(wait);
}

/* add(wait, future): the future is to be told when the wait is worth another try. True: a thread must be started. */
static PyObject *sleeper_add(SleeperObject *self, PyObject *args)
{
    PyObject *object, *future;
    if (!PyArg_ParseTuple(args, "OO:add", &object, &future))
        return NULL;
    WaitObject *wait = check_wait(self, object);
    if (!wait)
        return NULL;
    pthread_mutex_lock(&self->mutex);
    if (wait->place == NOWHERE)
        Py_INCREF(wait);
    else
        unlink_from(list_of(self, wait), wait); /* with the reference that the list had */
    PyObject *before = wait->future;
    wait->future = Py_NewRef(future);
    watch_locked(self, wait);
    bool start = !self->watched;
    self->watched = true;
    unlock_and_ring(self);
    Py_XDECREF(before);
    return PyBool_FromLong(start);
}

static PyObject *sleeper_remove(SleeperObject *self, PyObject *object)
{
    WaitObject *wait = check_wait(self, object);
    if (!wait)
        return NULL;
    if (wait_is_of_this_process(wait))
        withdraw(self, wait, false);
    Py_RETURN_NONE;
}

/*
 * Who gives up while the thread sleeps on its behalf may take a wake-up with it that is meant for another; so this leaves
 * the end to the thread, which wakes at once.
 */
static PyObject *sleeper_give_up(SleeperObject *self, PyObject *object)
{
    WaitObject *wait = check_wait(self, object);
    if (!wait)
        return NULL;
    if (wait_is_of_this_process(wait)) {
        Py_BEGIN_CRITICAL_SECTION(wait)
            ;
            withdraw(self, wait, true);
            wait_cancel_begun(wait);
        Py_END_CRITICAL_SECTION();
    }
    Py_RETURN_NONE;
}

/* The thread could not be started. */
static PyObject *sleeper_unwatched(SleeperObject *self, PyObject *Py_UNUSED(unused))
{
    pthread_mutex_lock(&self->mutex);
    self->watched = false;
    pthread_mutex_unlock(&self->mutex);
    Py_RETURN_NONE;
}

static PyObject *sleeper_count(SleeperObject *self, void *Py_UNUSED(closure))
{
    pthread_mutex_lock(&self->mutex);
    size_t count = self->watching.count + self->ready.count + self->left.count;
    pthread_mutex_unlock(&self->mutex);
    return PyLong_FromSize_t(count);
}

static PyObject *sleeper_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    SleeperObject *self = PyObject_New(SleeperObject, type);
    if (!self)
        return NULL;
    memset((char *)self + sizeof(PyObject), 0, sizeof *self - sizeof(PyObject));
    self->process = (int64_t)getpid();
    self->daemon = PyInterpreterState_Get() == PyInterpreterState_Main();
    pthread_mutex_init(&self->mutex, NULL);
    return (PyObject *)self;
}

/* No thread is there that could look. */
static void forget(SleeperObject *self, WaitObject *wait)
{
    unlink_from(list_of(self, wait), wait);
    Py_CLEAR(wait->future);
    Py_DECREF(wait);
}

/* In a forked child the thread is not there, and may have been in the middle of anything: leave all as it is. */
static void sleeper_dealloc(SleeperObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    WaitObject *wait;
    if (self->process == (int64_t)getpid()) {
        while ((wait = self->watching.first) || (wait = self->ready.first) || (wait = self->left.first))
            forget(self, wait);
        pthread_mutex_destroy(&self->mutex);
    }
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyMethodDef sleeper_methods[] = {
    METHOD("sleep", sleeper_sleep, METH_NOARGS,
           "For the thread: sleep, return the [(wait, future), ...] to try; None: end."),
    METHOD("add", sleeper_add, METH_VARARGS, "Watch the wait: its future is told when to try. True: start a thread."),
    METHOD("remove", sleeper_remove, METH_O, "Watch the wait no longer: its future is not told any more."),
    METHOD("give_up", sleeper_give_up, METH_O, "remove() and cancel the wait."),
    METHOD("unwatched", sleeper_unwatched, METH_NOARGS, "Note that the thread could not be started."),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef sleeper_getset[] = {
    {"count", (getter)sleeper_count, NULL, PyDoc_STR("the number of waits that it watches"), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef sleeper_members[] = {
    {"daemon", T_BOOL, offsetof(SleeperObject, daemon), READONLY, PyDoc_STR("whether its thread is a daemon thread")},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot sleeper_slots[] = {
    {Py_tp_doc, PyDoc_STR("Watches the waits of all tasks. shoal._aio's own.")},
    {Py_tp_new, sleeper_new},
    {Py_tp_dealloc, sleeper_dealloc},
    {Py_tp_methods, sleeper_methods},
    {Py_tp_getset, sleeper_getset},
    {Py_tp_members, sleeper_members},
    {0, NULL},
};

static PyType_Spec sleeper_spec = {"shoal._Sleeper", sizeof(SleeperObject), 0, MADE_FLAGS, sleeper_slots};

int sleeper_init(PyObject *module, ModuleState *state)
{
    state->sleeper_type = type_new(module, &sleeper_spec);
    return state->sleeper_type ? 0 : -1;
}
