/*
 * A PHP value of whatever sort into bytes; what could be written must be readable, and what was read come out the same.
 * (A Shoal\Bytes is a string once it is read.)
 */
#include "embed.h"

#include "zend_exceptions.h"

static bool equal(const shoal_writer *one, const shoal_writer *other)
{
    return one->size == other->size && memcmp(one->bytes, other->bytes, one->size) == 0;
}

/* Into `again`, what is read out of `written`. */
static void rewrite(shoal_writer *again, const shoal_writer *written)
{
    zval value;
    shoal_writer_init(again);
    if (!php_shoal_decode(&value, written->bytes, written->size)) {
        violation("what was written cannot be read");
    }
    if (!php_shoal_encode(again, &value)) {
        violation("what was read cannot be written");
    }
    zval_ptr_dtor(&value);
}

static void once(const uint8_t *data, size_t size)
{
    zval value;
    shoal_writer writer, again, third;
    call_hostile(&value, "Fuzz\\tree", data, size);
    shoal_writer_init(&writer);
    bool written = php_shoal_encode(&writer, &value);
    check_result("encode", written);
    if (written) {
        rewrite(&again, &writer);
        rewrite(&third, &again);
        if (!equal(&again, &third)) {
            violation("what was read comes back as something else");
        }
        shoal_writer_free(&third);
        shoal_writer_free(&again);
    }
    shoal_writer_free(&writer);
    zval_ptr_dtor(&value);
    zend_clear_exception(); /* of a destructor */
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
