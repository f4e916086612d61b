/*
 * PHP in eight threads of one process: each serves request after request by the script, through libphp and its embed
 * SAPI.
 *
 *   threads EXTENSION SCRIPT SAPI ROUNDS HOW
 *
 * EXTENSION: a shoal.so. SAPI: the name the module sees; by another than "embed" it keeps what was opened from
 * request to request. HOW: "end" as threads of a server end; "leave", and the end of the process takes their globals
 * away; "hosts", where each request has a shoal.directory of its own, as a virtual host's. The script is run in the
 * main thread last, with $number -1.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "php.h"

#include "php_main.h"
#include "sapi/embed/php_embed.h"

ZEND_TSRMLS_CACHE_DEFINE()

enum { THREADS = 8 };

static const char *extension, *script;
static long rounds;
static bool leave, hosts;
static atomic_int ready, refused;
static pthread_barrier_t over; /* with "leave": all have served, and none is gone */

static _Noreturn void give_up(const char *what)
{
    const char *why = dlerror();
    fprintf(stderr, "threads: %s: %s\n", what, why ? why : "failed");
    exit(1);
}

static int start_module(sapi_module_struct *module)
{
    void *library = dlopen(extension, RTLD_NOW | RTLD_GLOBAL);
    zend_module_entry *(*get_module)(void) = NULL;
    if (library) {
        get_module = (zend_module_entry * (*)(void)) dlsym(library, "get_module");
    }
    if (!get_module) {
        give_up(extension);
    }
#if PHP_VERSION_ID >= 80200
    return php_module_startup(module, get_module());
#else
    return php_module_startup(module, get_module(), 1);
#endif
}

static void set_long(const char *name, long number)
{
    zval value;
    ZVAL_LONG(&value, number);
    zend_hash_str_update(&EG(symbol_table), name, strlen(name), &value);
}

/* The script of one request, however it ends. */
static void run_script(long number, long round)
{
    zend_file_handle file;
    zend_first_try
    {
        set_long("number", number);
        set_long("round", round);
        zend_stream_init_filename(&file, script);
        php_execute_script(&file);
        zend_destroy_file_handle(&file);
    }
    zend_end_try();
}

/* A virtual host's setting, whose end is that of the request. */
static void set_directory(long round)
{
    char directory[64];
    snprintf(directory, sizeof directory, "/nonexistent/%ld", round);
    zend_string *name = zend_string_init("shoal.directory", sizeof("shoal.directory") - 1, false);
    if (zend_alter_ini_entry_chars(name, directory, strlen(directory), ZEND_INI_SYSTEM, ZEND_INI_STAGE_ACTIVATE) ==
        FAILURE) {
        refused++;
    }
    zend_string_release(name);
}

static void serve(long number, long round)
{
    if (php_request_startup() == FAILURE) {
        give_up("php_request_startup");
    }
    if (hosts) {
        set_directory(round);
    }
    run_script(number, round);
    php_request_shutdown(NULL);
}

static void *work(void *argument)
{
    long number = (long)(intptr_t)argument;
    (void)ts_resource(0);
    ZEND_TSRMLS_CACHE_UPDATE();
    for (ready++; ready < THREADS;) {
        tsrm_env_lock(); /* all at once */
        tsrm_env_unlock();
    }
    for (long round = 0; round < rounds; round++) {
        serve(number, round);
    }
    if (leave) {
        pthread_barrier_wait(&over);
    } else {
        ts_free_thread();
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    if (argc != 6) {
        give_up("usage: threads EXTENSION SCRIPT SAPI ROUNDS end|leave|hosts");
    }
    extension = argv[1], script = argv[2], rounds = atol(argv[4]);
    leave = strcmp(argv[5], "leave") == 0, hosts = strcmp(argv[5], "hosts") == 0;
    php_embed_module.startup = start_module;
    php_embed_module.php_ini_ignore = 1;
    if (php_embed_init(0, NULL) == FAILURE) {
        give_up("php_embed_init");
    }
    sapi_module.name = argv[3];
    php_request_shutdown(NULL); /* one has begun, which the eight threads shall not find prepared */
    pthread_barrier_init(&over, NULL, THREADS);
    for (long i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, work, (void *)(intptr_t)i) != 0) {
            give_up("pthread_create");
        }
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    if (php_request_startup() == FAILURE) {
        give_up("php_request_startup");
    }
    run_script(-1, rounds);
    php_embed_shutdown();
    printf("%d refused\n", refused);
    return 0;
}
