/* Any bytes into a PHP value; what could be read is written and read again, and must come out the same. */
#include "embed.h"

#include "zend_exceptions.h"

/* False for a time that not every language has: nothing else may be refused. */
static bool encode(shoal_writer *writer, zval *value)
{
    shoal_writer_init(writer);
    if (php_shoal_encode(writer, value)) {
        return true;
    }
    if (!EG(exception) || EG(exception)->ce != zend_ce_arithmetic_error) {
        violation("what was read cannot be written");
    }
    zend_clear_exception();
    shoal_writer_free(writer);
    return false;
}

static void round_trip(zval *value)
{
    shoal_writer one, two;
    zval again;
    if (!encode(&one, value)) {
        return;
    }
    if (!php_shoal_decode(&again, one.bytes, one.size)) {
        violation("what was written cannot be read");
    }
    if (!encode(&two, &again) || one.size != two.size || memcmp(one.bytes, two.bytes, one.size) != 0) {
        violation("what was read comes back as something else");
    }
    zval_ptr_dtor(&again);
    shoal_writer_free(&one);
    shoal_writer_free(&two);
}

static void once(const uint8_t *data, size_t size)
{
    zval value;
    bool read = php_shoal_decode(&value, data, size);
    check_result("decode", read);
    if (read) {
        round_trip(&value);
        zval_ptr_dtor(&value);
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    embed_start(argc, argv, "hostile.php");
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    embed_check(once, data, size);
    return 0;
}
