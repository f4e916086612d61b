#!/bin/sh
# Install the build in $1 into a scratch folder, build the example $2 against that with pkg-config, and run it.
set -eu
build=$1
source=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

DESTDIR=$scratch meson install -C "$build" --no-rebuild --quiet
pc=$(find "$scratch" -name shoal.pc)
libraries=$(dirname "$(dirname "$pc")")

# The prefix of an installation that was moved into $scratch.
export PKG_CONFIG_PATH="$libraries/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$scratch"
cc -std=c11 -Wall -Wextra -Werror ${SHOAL_TEST_CFLAGS:-} "$source" $(pkg-config --cflags --libs shoal) -o "$scratch/tour"

export SHOAL_DIR="$scratch/segments" LD_LIBRARY_PATH="$libraries"
mkdir "$SHOAL_DIR"
"$scratch/tour" | grep -x 'run 1'
"$scratch/tour" >"$scratch/second"
grep -x 'run 2' "$scratch/second"
grep -x "the array's sum is 2000" "$scratch/second"
"$scratch/tour" unlink
test -z "$(ls "$SHOAL_DIR")"

# The static library, too: --static adds what it needs.
cc -std=c11 ${SHOAL_TEST_CFLAGS:-} "$source" $(pkg-config --cflags shoal) "$libraries/libshoal.a" -pthread -o "$scratch/static"
"$scratch/static" | grep -x 'run 1'
