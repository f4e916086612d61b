dnl The PHP extension: phpize && ./configure && make. It stands in the root because the paths of its sources must lie
dnl below it, and takes the core as it finds it.

PHP_ARG_ENABLE([shoal],
  [whether to enable Shoal],
  [AS_HELP_STRING([--enable-shoal], [Enable Shoal: arrays, values, counters and locks in shared memory])])

dnl Of the very beginning of configure: it sweeps up after each of its tests by `rm -f core`, for a core dump. Ours is a folder.
m4_divert_text([INIT_PREPARE], [[
if test -d core; then
  rm () {
    for shoal_word
    do
      shift
      test "X$shoal_word" = Xcore || set -- "$][@" "$shoal_word"
    done
    command rm "$][@"
  }
fi
# autoconf's own words do not say what to install.
shoal_builds () {
  printf '%s\n' '#include <stdio.h>' 'int main(void) { return puts("") < 0; }' |
    $][1 $CPPFLAGS $CFLAGS $LDFLAGS -x c - -o conftest.shoal 2>/dev/null
}
if test -z "$host_alias"; then
  case ${CC:+given} in
  given) shoal_builds "$CC" || shoal_builder="'$CC' builds no program" ;;
  *) shoal_builds gcc || shoal_builds cc || shoal_builds clang || shoal_builder="neither gcc nor cc nor clang builds a program" ;;
  esac
  rm -f conftest.shoal
  test -z "$shoal_builder" || echo "configure: Shoal needs a C compiler and the C library's headers, and $shoal_builder. Debian, Ubuntu: apt-get install build-essential. Fedora: dnf install gcc make. Alpine: apk add build-base" >&2
fi
]])

if test "$PHP_SHOAL" != "no"; then
  case $host_os in
  linux*) ;;
  *) AC_MSG_ERROR([Shoal is for Linux, and this is $host_os]) ;;
  esac

  AC_MSG_CHECKING([for linux/futex.h])
  AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
#if !__has_include(<linux/futex.h>)
#error missing
#endif
]])],
    [AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])
     AC_MSG_ERROR([Linux's headers are missing. Debian, Ubuntu: apt-get install linux-libc-dev. Fedora: dnf install kernel-headers. Alpine: apk add linux-headers])])

  AC_MSG_CHECKING([for msgpack/pack_template.h])
  dnl Asked for, not included: it wants macros of its user's. By the compiler: the preprocessor may be another's.
  AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
#if !__has_include(<msgpack/pack_template.h>)
#error missing
#endif
]])],
    [AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])
     AC_MSG_ERROR([MessagePack's C headers are missing. Debian, Ubuntu: apt-get install libmsgpack-c-dev (Debian 12, Ubuntu 22.04: libmsgpack-dev). Fedora: dnf install msgpack-devel. Alpine: apk add msgpack-c-dev])])

  dnl SHOAL_API is empty: the core is hidden in the module, and no other libshoal of the process takes its place.
  shoal_sources=`cd $abs_srcdir && echo core/*/*.c php/*.c`
  PHP_NEW_EXTENSION([shoal], [$shoal_sources], [$ext_shared],,
    [-std=c11 -Wall -Wextra -Wno-unused-parameter -fvisibility=hidden -DSHOAL_API= -I@ext_srcdir@/core/include -I@ext_srcdir@/core -DZEND_ENABLE_STATIC_TSRMLS_CACHE=1])
  PHP_ADD_EXTENSION_DEP([shoal], [date])
  PHP_ADD_EXTENSION_DEP([shoal], [spl])

  for shoal_folder in php `cd $abs_srcdir && echo core/*/`; do
    PHP_ADD_BUILD_DIR([$ext_builddir/$shoal_folder], [1])
  done
fi
