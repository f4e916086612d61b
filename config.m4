dnl The PHP extension: phpize && ./configure && make. It stands in the root because the paths of its sources must lie
dnl below it, and takes the core as it finds it.

PHP_ARG_ENABLE([shoal],
  [whether to enable Shoal],
  [AS_HELP_STRING([--enable-shoal], [Enable Shoal: arrays, values, counters and locks in shared memory])])

if test "$PHP_SHOAL" != "no"; then
  AC_MSG_CHECKING([for msgpack/pack_template.h])
  dnl Asked for, not included: it wants macros of its user's.
  AC_PREPROC_IFELSE([AC_LANG_SOURCE([[
#if !__has_include(<msgpack/pack_template.h>)
#error missing
#endif
]])],
    [AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])
     AC_MSG_ERROR([MessagePack's C headers are missing. Debian 13, Ubuntu 24.04: apt-get install libmsgpack-c-dev (Debian 12: libmsgpack-dev). Fedora: dnf install msgpack-devel. Alpine: apk add msgpack-c-dev])])

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
