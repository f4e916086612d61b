/* JobQueue::work(): take job after job, and call back with each. */
#include "work.h"

#include "exceptions.h"
#include "wait.h"

#include <unistd.h>

#include "SAPI.h"
#include "zend_exceptions.h"
#include "zend_generators.h"

#define LOOK_AROUND 0.05 /* seconds: so often a worker without a job looks whether it should stop */

/* ---- SIGTERM and SIGINT ---------------------------------------------------------------------------------- */

static const int stop_signals[2] = {SIGTERM, SIGINT};
static volatile sig_atomic_t stops;
static int depth; /* a callable may call work() */

static void stop(int number)
{
    stops++;
}

int php_shoal_stops(void)
{
    return stops;
}

/* Has the script a handler of its own? The engine puts one of its own before it, so that only pcntl knows. */
static bool is_handled(int number)
{
    zval name, argument, handler;
    if (!zend_hash_str_exists(CG(function_table), ZEND_STRL("pcntl_signal_get_handler"))) {
        return false;
    }
    ZVAL_STRING(&name, "pcntl_signal_get_handler");
    ZVAL_LONG(&argument, number);
    ZVAL_UNDEF(&handler);
    call_user_function(NULL, NULL, &name, &handler, 1, &argument);
    bool handled = Z_TYPE(handler) != IS_LONG && !Z_ISUNDEF(handler);
    zval_ptr_dtor(&handler);
    zval_ptr_dtor(&name);
    return handled;
}

/* May this process take signals, and fork? Servers and threads have their own. */
static bool has_signals(void)
{
#ifdef ZTS
    return false;
#else
    return strcmp(sapi_module.name, "cli") == 0 || strcmp(sapi_module.name, "phpdbg") == 0;
#endif
}

/* By who started the script, mostly: a shell does so for the SIGINT of what it has in the background. */
static bool is_ignored(int number)
{
    struct sigaction now;
#ifdef ZEND_SIGNALS
    if (SIGG(handlers)[number - 1].handler == (void *)SIG_IGN) {
        return true;
    }
#endif
    return sigaction(number, NULL, &now) == 0 && !(now.sa_flags & SA_SIGINFO) && now.sa_handler == SIG_IGN;
}

/* A worker takes SIGTERM always: its supervisor sends it. */
static bool shall_take(int number, bool all)
{
    return all ? number == SIGTERM || !is_ignored(number) : !is_handled(number) && !is_ignored(number);
}

void php_shoal_signals_take(shoal_signals *signals, bool all)
{
    struct sigaction action = {.sa_handler = stop};
    *signals = (shoal_signals){0};
    if (!has_signals()) {
        return;
    }
    sigemptyset(&action.sa_mask);
    if (all || depth == 0) {
        stops = 0;
    }
    depth++;
    for (int i = 0; i < 2; i++) {
        signals->taken[i] = shall_take(stop_signals[i], all);
        if (signals->taken[i]) {
            sigaction(stop_signals[i], &action, &signals->before[i]);
        }
    }
}

void php_shoal_signals_give_back(const shoal_signals *signals)
{
    if (!has_signals()) {
        return;
    }
    depth--;
    for (int i = 0; i < 2; i++) {
        if (signals->taken[i]) {
            sigaction(stop_signals[i], &signals->before[i], NULL);
        }
    }
}

/* ---- A job -------------------------------------------------------------------------------------------------- */

static void add(_Atomic uint64_t *count)
{
    atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
}

/* What the pending exception says, which is over then. */
static void hear_exception(const shoal_worker *worker)
{
    zval unused;
    zend_object *error = EG(exception);
    zend_string *message = zval_get_string(zend_read_property(error->ce, error, ZEND_STRL("message"), true, &unused));
    zend_string *text = strpprintf(1000, "%s: %s", ZSTR_VAL(error->ce->name), ZSTR_VAL(message));
    zend_clear_exception();
    worker->hear(worker->user, ZSTR_VAL(text));
    zend_string_release(text);
    zend_string_release(message);
}

static bool is_last(const shoal_worker *worker, const shoal_job_object *job)
{
    return worker->attempts && job->job.attempt >= worker->attempts;
}

/* The callable did it itself. */
static void count(const shoal_worker *worker, const shoal_job_object *job)
{
    switch (job->state) {
    case SHOAL_JOB_IS_DONE:
        add(&worker->counts->done);
        add(&worker->state->done);
        break;
    case SHOAL_JOB_IS_BURIED:
        add(&worker->counts->dead);
        break;
    default:
        add(is_last(worker, job) ? &worker->counts->dead : &worker->counts->retried);
    }
}

/* It may be another's: its lease was over. Then that one counts it. */
static void finish(const shoal_worker *worker, shoal_job_object *job, bool is_done)
{
    int status = SHOAL_OK;
    if (job->state == SHOAL_JOB_OPEN) {
        status = is_done ? php_shoal_job_done(job) : php_shoal_job_retry(job, worker->delay);
    }
    if (status >= 0) {
        count(worker, job);
    } else {
        worker->hear(worker->user, shoal_error_message());
    }
}

static void call_back(shoal_worker *worker, zval *object)
{
    zval arguments[2], returned;
    ZVAL_COPY(&arguments[0], &php_shoal_job_of(Z_OBJ_P(object))->value);
    ZVAL_COPY(&arguments[1], object);
    ZVAL_UNDEF(&returned);
    worker->call.retval = &returned;
    worker->call.params = arguments;
    worker->call.param_count = 2;
    zend_call_function(&worker->call, &worker->cache);
    if (!EG(exception) && Z_TYPE(returned) == IS_OBJECT && instanceof_function(Z_OBJCE(returned), zend_ce_generator)) {
        zend_type_error("The callable returned a Generator, of which nothing has run: the job is not done");
    }
    zval_ptr_dtor(&returned);
    zval_ptr_dtor(&arguments[0]);
    zval_ptr_dtor(&arguments[1]);
}

/* The callable's exit goes on: after it the job is given back. So it does where memory ends; then nothing more is done here. */
static void do_job(shoal_worker *worker, zval *object)
{
    shoal_job_object *job = php_shoal_job_of(Z_OBJ_P(object));
    atomic_store(&worker->state->attempt, job->job.attempt);
    call_back(worker, object);
    if (CG(unclean_shutdown)) {
        return;
    }
    bool thrown = EG(exception) != NULL, exited = thrown && zend_is_unwind_exit(EG(exception));
    if (thrown && !exited) {
        hear_exception(worker);
    }
    finish(worker, job, !thrown);
    atomic_store(&worker->state->exited, exited);
    atomic_store(&worker->state->attempt, 0);
}

/* ---- One after the other ------------------------------------------------------------------------------------ */

static bool goes_on(const shoal_worker *worker)
{
    return stops == 0 && !(worker->parent && getppid() != worker->parent);
}

/* false: there will be no more, or an exception is pending. */
static bool work_once(shoal_worker *worker)
{
    zval job;
    int status = php_shoal_job_take(&job, worker->queue, shoal_deadline(LOOK_AROUND));
    if (status == SHOAL_OK) {
        do_job(worker, &job);
        zval_ptr_dtor(&job);
    } else if (status == SHOAL_ETYPE && EG(exception)) { /* PHP cannot hold it: given back */
        add(&worker->counts->retried);
        hear_exception(worker);
    } else if (status != SHOAL_EEMPTY && status != SHOAL_ESHUT) {
        php_shoal_raise_unless_thrown(status);
    }
    return status != SHOAL_ESHUT && !EG(exception);
}

void php_shoal_work(shoal_worker *worker)
{
    bool more = true;
    while (more && goes_on(worker)) {
        more = work_once(worker);
        if (worker->pause && !EG(exception)) {
            worker->pause(worker->user);
            more = more && !EG(exception);
        }
    }
    if (!EG(exception)) {
        atomic_store(more ? &worker->state->exited : &worker->state->left, true);
    }
}

/* ---- What there is to tell ------------------------------------------------------------------------------------ */

#define TELL_EVERY ((shoal_time)100 * 1000 * 1000) /* nanoseconds */

/* Under ever higher numbers. */
void php_shoal_report_error(shoal_work_report *report, const char *text, size_t length)
{
    HashTable *errors = Z_ARRVAL(report->errors);
    if (zend_hash_num_elements(errors) == SHOAL_ERRORS) {
        zend_hash_index_del(errors, errors->nNextFreeElement - SHOAL_ERRORS);
    }
    add_next_index_stringl(&report->errors, text, length);
}

static void list_errors(zval *out, HashTable *errors)
{
    zval *text;
    array_init_size(out, zend_hash_num_elements(errors));
    ZEND_HASH_FOREACH_VAL(errors, text) {
        Z_TRY_ADDREF_P(text);
        add_next_index_zval(out, text);
    }
    ZEND_HASH_FOREACH_END();
}

void php_shoal_counts_to_zval(zval *out, const shoal_work_report *report, const shoal_worker *worker)
{
    shoal_job_sizes sizes = {0};
    shoal_job_queue_sizes(&sizes, worker->queue->object);
    array_init_size(out, 7);
    add_assoc_long(out, "done", (zend_long)atomic_load(&worker->counts->done));
    add_assoc_long(out, "retried", (zend_long)atomic_load(&worker->counts->retried));
    add_assoc_long(out, "dead", (zend_long)atomic_load(&worker->counts->dead));
    add_assoc_long(out, "died", (zend_long)report->died);
    add_assoc_long(out, "running", report->running);
    add_assoc_long(out, "left", (zend_long)(sizes.ready + sizes.delayed + sizes.taken));
    zval errors;
    list_errors(&errors, Z_ARRVAL(report->errors));
    add_assoc_zval(out, "errors", &errors);
}

/* Different after each change. */
static uint64_t sum_of(const shoal_work_report *report, const shoal_worker *worker)
{
    return atomic_load(&worker->counts->done) + atomic_load(&worker->counts->retried) +
           atomic_load(&worker->counts->dead) + report->died;
}

void php_shoal_report_tell(shoal_work_report *report, const shoal_worker *worker, bool at_once)
{
    uint64_t sum = sum_of(report, worker);
    shoal_time now = shoal_now();
    if (!report->progress || (!at_once && (sum == report->sum || now - report->told < TELL_EVERY))) {
        return;
    }
    zval counts, returned;
    report->sum = sum;
    report->told = now;
    php_shoal_counts_to_zval(&counts, report, worker);
    ZVAL_UNDEF(&returned);
    report->progress->retval = &returned;
    report->progress->params = &counts;
    report->progress->param_count = 1;
    zend_call_function(report->progress, report->progress_cache);
    zval_ptr_dtor(&returned);
    zval_ptr_dtor(&counts);
}

/* ---- The method -------------------------------------------------------------------------------------------------- */

/* Jobs in this process. */
typedef struct alone {
    shoal_worker worker;
    shoal_work_report *report;
} alone;

static void hear_alone(void *user, const char *error)
{
    php_shoal_report_error(((alone *)user)->report, error, strlen(error));
}

static void tell_alone(void *user)
{
    alone *alone = user;
    php_shoal_report_tell(alone->report, &alone->worker, false);
}

static void work_alone(shoal_worker *worker, shoal_work_report *report)
{
    shoal_signals signals;
    alone alone = {*worker, report};
    alone.worker.hear = hear_alone;
    alone.worker.pause = tell_alone;
    alone.worker.user = &alone;
    report->running = 1;
    php_shoal_signals_take(&signals, false);
    zend_try
    {
        php_shoal_work(&alone.worker);
    }
    zend_catch
    {
        php_shoal_signals_give_back(&signals);
        zend_bailout();
    }
    zend_end_try();
    php_shoal_signals_give_back(&signals);
    report->running = 0;
}

/* false: an exception. */
static bool can_fork(zend_long processes)
{
    if (processes < 0 || processes > 4096) {
        zend_argument_value_error(2, "must be between 0 and 4096");
        return false;
    }
    if (processes > 0 && !has_signals()) {
        zend_argument_value_error(
            2,
            "must be 0 here: workers are forked by the command line only, and not where PHP has threads (this is %s)",
            sapi_module.name);
        return false;
    }
    return true;
}

ZEND_METHOD(Shoal_JobQueue, work)
{
    shoal_worker worker = {0};
    zend_fcall_info progress = empty_fcall_info;
    zend_fcall_info_cache progress_cache = empty_fcall_info_cache;
    zend_long processes = 0;
    double delay = 0;
    ZEND_PARSE_PARAMETERS_START(1, 4)
        Z_PARAM_FUNC(worker.call, worker.cache)
        Z_PARAM_OPTIONAL
        Z_PARAM_LONG(processes)
        Z_PARAM_FUNC_OR_NULL(progress, progress_cache)
        Z_PARAM_DOUBLE(delay)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    shoal_job_queue_options options;
    if (!can_fork(processes) || !php_shoal_delay(&worker.delay, delay, 4) ||
        !php_shoal_succeeded(shoal_job_queue_read_options(&options, handle->object))) {
        RETURN_THROWS();
    }
    shoal_counts counts = {0};
    shoal_worker_state state = {0};
    shoal_work_report report = {.progress = ZEND_FCI_INITIALIZED(progress) ? &progress : NULL,
                                .progress_cache = &progress_cache};
    worker.queue = handle;
    worker.attempts = options.attempts;
    worker.counts = &counts;
    worker.state = &state;
    array_init(&report.errors);
    processes ? php_shoal_pool(&worker, &report, (uint32_t)processes) : work_alone(&worker, &report);
    if (!EG(exception)) {
        php_shoal_report_tell(&report, &worker, true);
    }
    if (!EG(exception)) {
        php_shoal_counts_to_zval(return_value, &report, &worker);
    }
    zval_ptr_dtor(&report.errors);
}
