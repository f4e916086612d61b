# What every script here needs; sourced, never run. Sets ROOT, BUILD, VENV and CI, and defines
# say, die, list_sources, copy_sources, checksum and up_to_date.

set -Eeuo pipefail
trap 'printf "error: %s, line %s: %s\n" "$0" "$LINENO" "$BASH_COMMAND" >&2' ERR # never end without a word
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=${SHOAL_BUILD:-$ROOT/build}
VENV=$BUILD/venv
CI=${CI:-}

# pip works in our virtual environment or not at all: it never touches the system's Python.
export PIP_REQUIRE_VIRTUALENV=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PYTHONDONTWRITEBYTECODE=1
unset PYTHONHOME PYTHONPATH

say() { printf '\033[1m== %s\033[0m\n' "$*" >&2; }

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# The files of the named paths that belong to the project, one a line; also in an unpacked archive without git.
list_sources() {
    if git -C "$ROOT" rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        git -C "$ROOT" ls-files -co --exclude-standard -- "$@"
    else
        # Some of the paths may not be there.
        (cd "$ROOT" && find "$@" -type f -not -name '*.pyc' -not -name '*.so' 2>/dev/null) || true
    fi | sort -u | while IFS= read -r file; do
        [ ! -f "$ROOT/$file" ] || printf '%s\n' "$file"
    done
}

# copy_sources TO PATH...: the builds write into their tree, so they get one of their own.
copy_sources() {
    local to=$1
    shift
    mkdir -p "$to"
    list_sources "$@" | tar -C "$ROOT" -cf - -T - | tar -C "$to" -xf -
}

# checksum TEXT PATH...: of the contents of the sources and of TEXT (compiler, flags, versions).
checksum() {
    local text=$1
    shift
    { printf '%s\n' "$text" && cd "$ROOT" && list_sources "$@" | tr '\n' '\0' | xargs -0 -r sha256sum; } | sha256sum |
        cut -d' ' -f1
}

# up_to_date STAMP SUM: was this very thing built already? Write SUM to STAMP when the build is done.
up_to_date() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }
