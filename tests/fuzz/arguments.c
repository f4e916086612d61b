/* Target: everything that is parsed of what a caller gives. The first byte says what. */
#include "arguments.h"

#include <math.h>

#include "segment/context.h"
#include "segment/header.h"
#include "value/hash.h"
#include "value/text.h"

static shoal_context *context;

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=1:malloc_context_size=4";
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    context = shoal_context_new();
    return context && shoal_context_set_directory(context, "/dev/shm") == SHOAL_OK ? 0 : 1;
}

/* ---- Text ---- */

static void try_size(struct bytes *in)
{
    char *text = take_text(in), number[32];
    uint64_t size, again;
    int status = shoal_parse_size(&size, text, in->left);
    REQUIRE(status == SHOAL_OK || status == SHOAL_EVALUE);
    REQUIRE((size != 0) == (status == SHOAL_OK) && size <= (uint64_t)1 << 47);
    if (status == SHOAL_OK) {
        int length = snprintf(number, sizeof number, "%llu", (unsigned long long)size);
        REQUIRE(shoal_parse_size(&again, number, (size_t)length) == SHOAL_OK && again == size);
    }
    free(text);
}

static void try_dtype(struct bytes *in)
{
    char *text = take_text(in), name[16], format[16];
    shoal_dtype dtype, again;
    int status = shoal_dtype_parse(&dtype, text, in->left);
    REQUIRE(status == SHOAL_OK || status == SHOAL_EVALUE);
    REQUIRE(status == SHOAL_OK ? dtype.itemsize >= 1 : dtype.number == 0 && dtype.itemsize == 0);
    REQUIRE(strlen(shoal_dtype_name(dtype, name)) < sizeof name &&
            strlen(shoal_dtype_format(dtype, format)) < sizeof format);
    if (status == SHOAL_OK) {
        REQUIRE(shoal_dtype_parse(&again, name, strlen(name)) == SHOAL_OK);
        REQUIRE(again.number == dtype.number && again.itemsize == dtype.itemsize);
    }
    free(text);
    again = (shoal_dtype){take_byte(in), (uint32_t)take_number(in)}; /* any two numbers have a name */
    REQUIRE(strlen(shoal_dtype_name(again, name)) < sizeof name &&
            strlen(shoal_dtype_format(again, format)) < sizeof format);
}

/* The Unicode Standard, by the value of the character: not as the core does it. */
static bool is_utf8(const unsigned char *at, size_t left)
{
    while (left > 0) {
        uint32_t lead = at[0], code = lead, more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
        static const uint32_t least[] = {0, 0x80, 0x800, 0x10000}, bits[] = {0x7f, 0x1f, 0x0f, 0x07};
        if ((lead >= 0x80 && lead < 0xc0) || lead >= 0xf8 || left <= more)
            return false;
        code &= bits[more];
        for (uint32_t i = 1; i <= more; i++) {
            if (at[i] >> 6 != 2)
                return false;
            code = code << 6 | (at[i] & 0x3f);
        }
        if (code < least[more] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
            return false;
        at += more + 1;
        left -= more + 1;
    }
    return true;
}

static void try_text(struct bytes *in)
{
    char *text = take_text(in), *quoted = malloc(SHOAL__QUOTE_SIZE);
    bool right = is_utf8((unsigned char *)text, in->left);
    REQUIRE(shoal_is_utf8(text, in->left) == right);
    REQUIRE(shoal__quote(quoted, text, in->left) == quoted && quoted[0] == '"');
    REQUIRE(!right || shoal_is_utf8(quoted, strlen(quoted)));
    int status = shoal__check_object_name(text, in->left);
    bool possible = in->left >= 1 && in->left <= 255 && right && !memchr(text, 0, in->left);
    REQUIRE((status == SHOAL_OK) == possible && (status == SHOAL_OK || status == SHOAL_EVALUE));
    free(quoted);
    free(text);
}

static void try_segment_name(struct bytes *in)
{
    char *name = malloc(in->left + 1), *path = NULL;
    int fd;
    memcpy(name, in->at, in->left);
    name[in->left] = 0;
    size_t length = strlen(name);
    int status = shoal__resolve(&path, &fd, context, name);
    REQUIRE(status == SHOAL_OK || status == SHOAL_EVALUE || status == SHOAL_ESYSTEM);
    REQUIRE(status == SHOAL_OK || (!path && fd == -1));
    REQUIRE(status != SHOAL_OK || (path != NULL) != (fd >= 0));
    REQUIRE(!path || path[0] == '/');
    if (path && !strchr(name, '/')) {
        REQUIRE(length <= 200 && name[0] != '.' && is_utf8((unsigned char *)name, length));
        REQUIRE(strncmp(path, "/dev/shm/shoal.", 15) == 0 && strcmp(path + 15, name) == 0);
    }
    free(path);
    free(name);
}

/* ---- Numbers ---- */

static void try_deadline(struct bytes *in)
{
    uint64_t bits = take_number(in);
    double seconds;
    memcpy(&seconds, &bits, sizeof seconds);
    shoal_time before = shoal_now(), deadline = shoal_deadline(seconds);
    REQUIRE(seconds > 0 ? deadline >= before : deadline == SHOAL_NO_WAIT);
    REQUIRE(!(seconds > 2e9) || deadline == SHOAL_FOREVER);
}

static void try_names_of_numbers(struct bytes *in)
{
    int number = (int)take_telling(in);
    REQUIRE(strlen(shoal_status_name(number)) > 0 && strlen(shoal_status_exception(number)) < 100);
    REQUIRE(strlen(shoal_status_message(number)) > 0 && strlen(shoal_kind_name(number)) > 0);
}

/* ---- Headers ---- */

/* docs/format.md, "An attacher refuses": 1 to 3. */
static void require_geometry(const struct shoal_geometry *is, uint64_t file_size)
{
    uint64_t page = (uint64_t)1 << is->page_shift;
    REQUIRE(is->granule_shift >= 4 && is->page_shift >= 12 && is->page_shift <= 24 &&
            is->granule_shift + 8 <= is->page_shift);
    REQUIRE(is->slots >= 1 && is->slots <= 1022 && is->heap_pages >= 1 && is->size <= (uint64_t)1 << 47 &&
            is->lifetime <= 1);
    REQUIRE(is->size == file_size && is->roster >= 8192 && is->roster % 4096 == 0 && is->pages % 4096 == 0);
    REQUIRE((unsigned __int128)is->roster + 128 * is->slots <= is->pages && is->heap % page == 0 &&
            is->heap < is->size);
    REQUIRE((unsigned __int128)is->pages + (uint64_t)64 * is->heap_pages <= is->heap);
    REQUIRE((unsigned __int128)is->heap + ((unsigned __int128)is->heap_pages << is->page_shift) <= is->size);
    REQUIRE(is->size >> is->granule_shift <= UINT32_MAX);
}

static void try_header(struct bytes *in)
{
    struct header_sh header;
    struct shoal_geometry geometry;
    uint64_t size = (uint64_t)take_telling(in) & (((uint64_t)1 << 47) - 1);
    uint32_t lifetime = take_byte(in) % 2;
    shoal__header_plan(&header, size, lifetime);
    REQUIRE(shoal__header_read(&geometry, &header, header.size, "header") == SHOAL_OK);
    require_geometry(&geometry, header.size);
    REQUIRE(header.size >= size);
    uint64_t file_size = take_byte(in) % 2 ? (uint64_t)take_telling(in) : header.size;
    while (in->left > 0) { /* somebody changes words of it, and puts the sum right */
        static const uint8_t constants[] = {16, 64, 68, 72, 76, 80, 84, 88, 92, 96, 100, 104};
        uint32_t at = take_byte(in), value = (uint32_t)take_telling(in);
        at = at < 128 ? constants[at % sizeof constants] : at < 250 ? 128 + (at - 128) * 4 : 20;
        memcpy((unsigned char *)&header + at, &value, 4);
    }
    header.sum = shoal__header_sum(&header);
    int status = shoal__header_read(&geometry, &header, file_size, "header");
    REQUIRE(status == SHOAL_OK || status == SHOAL_ECORRUPT);
    if (status == SHOAL_OK)
        require_geometry(&geometry, file_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const parsers[])(struct bytes *) = {
        try_size,     try_dtype,  try_text,   try_segment_name,     try_view,
        try_elements, try_scalar, try_header, try_names_of_numbers, try_deadline};
    struct bytes in = {data, size};
    parsers[take_byte(&in) % (sizeof parsers / sizeof *parsers)](&in);
    return 0;
}
