/* Text for a terminal: escaped, measured, painted; sizes and times as people read them. */
#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include "show.h"

bool show_colours;
static bool on_terminal;

void show_begin(const char *when)
{
    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        setlocale(LC_CTYPE, "");
    const char *term = getenv("TERM"), *no = getenv("NO_COLOR");
    on_terminal = isatty(STDOUT_FILENO) == 1;
    show_colours = on_terminal && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
    if (strcmp(when, "auto") != 0)
        show_colours = strcmp(when, "always") == 0;
}

int show_width(void)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    if (!on_terminal)
        return 0;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return columns && atoi(columns) > 0 ? atoi(columns) : 80;
}

/* Characters that are shown as nothing, or turn the order of others round. */
static bool hides(wchar_t c)
{
    static const wchar_t ranges[][2] = {{0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},   {0x115f, 0x1160},
                                        {0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x200b, 0x200f}, {0x2028, 0x202e},
                                        {0x2060, 0x206f}, {0x3164, 0x3164}, {0xd800, 0xf8ff}, {0xfe00, 0xfe0f},
                                        {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0xe0000, 0x10ffff}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return true;
    return c < 0x20;
}

/* One character of strict UTF-8: its bytes, or 0. The locale need not know UTF-8 for this. */
static size_t character(wchar_t *out, const char *bytes, size_t size)
{
    const unsigned char *at = (const unsigned char *)bytes;
    size_t length = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : at[0] < 0xf5 ? 4 : 0;
    if (length == 0 || length > size || !shoal_is_utf8(bytes, length))
        return 0;
    *out = length == 1 ? at[0] : at[0] & (0x7f >> length);
    for (size_t i = 1; i < length; i++)
        *out = *out << 6 | (at[i] & 0x3f);
    return length;
}

static size_t escape(char *to, wchar_t c)
{
    const char *known = "\n\r\t\\", *found = c && c < 0x80 ? strchr(known, (int)c) : NULL;
    if (found)
        return (size_t)sprintf(to, "\\%c", "nrt\\"[found - known]);
    return (size_t)sprintf(to, c < 0x80 ? "\\x%02x" : "\\u{%x}", (unsigned)c);
}

char *show_text(const char *bytes, size_t size)
{
    char *text = keep(size * 10 + 1), *to = text;
    for (size_t i = 0; i < size;) {
        wchar_t c;
        size_t length = character(&c, bytes + i, size - i);
        if (length == 0) {
            to += sprintf(to, "\\x%02x", (unsigned char)bytes[i++]);
            continue;
        }
        if (hides(c) || c == '\\')
            to += escape(to, c);
        else
            to = (char *)memcpy(to, bytes + i, length) + length;
        i += length;
    }
    return text;
}

/* 0: a mark on the character before it. */
static int columns_of(wchar_t c)
{
    int width = wcwidth(c);
    return width < 0 ? 1 : width;
}

int show_columns(const char *text)
{
    int columns = 0;
    for (size_t size = strlen(text); size > 0;) {
        wchar_t c = 0;
        size_t length = character(&c, text, size);
        length = length ? length : 1;
        columns += columns_of(c);
        text += length;
        size -= length;
    }
    return columns;
}

void show_painted(enum colour colour, const char *text)
{
    static const char *const codes[] = {"", "\033[1m", "\033[2m", "\033[31m", "\033[32m", "\033[33m"};
    if (show_colours && colour != PLAIN)
        printf("%s%s\033[0m", codes[colour], text);
    else
        fputs(text, stdout);
}

char *show_bytes(double bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t unit = 0;
    while (bytes >= 1024 && unit < 6) {
        bytes /= 1024;
        unit++;
    }
    return keep_print(unit ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
}

char *show_span(double seconds)
{
    if (!(seconds >= 0)) /* a clock that was set, or bytes of a hostile segment */
        return keep_text("0 s", 3);
    if (seconds < 10)
        return keep_print("%.1f s", seconds);
    if (seconds < 120)
        return keep_print("%.0f s", seconds);
    if (seconds < 7200)
        return keep_print("%.0f min", seconds / 60);
    if (seconds < 48 * 3600)
        return keep_print("%.0f h", seconds / 3600);
    return seconds < 3650e6 ? keep_print("%.0f d", seconds / 86400) : keep_text("?", 1);
}

char *show_since(double when)
{
    struct tm parts;
    char text[64];
    if (!(when > 0) || when > 253402300799.0)
        return keep_text("", 0);
    time_t seconds = (time_t)when;
    if (!localtime_r(&seconds, &parts) || !strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts))
        return keep_text("", 0);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return keep_print("%s (%s)", text, show_span((double)now.tv_sec + (double)now.tv_nsec / 1e9 - when));
}
