# Sourced by quickstart and test: finds Python and a compiler, makes a virtual environment, keeps it up to date.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '\n== %s\n' "$*"; }

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 2
}

# A Python of at least 3.11: $PYTHON if set, else python3.11, else python3.
find_python() {
    local candidate
    for candidate in ${PYTHON:+"$PYTHON"} ${PYTHON:-python3.11 python3}; do
        command -v "$candidate" >/dev/null 2>&1 || continue
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    [ -z "${PYTHON:-}" ] || fail "PYTHON = $PYTHON is not Python 3.11 or later; name another, or unset it"
    fail "no Python of at least 3.11 is on the PATH; install one (Debian: apt-get install python3 python3-venv python3-pip), or name it in PYTHON"
}

# The newest Python of at least 3.13 that works, or nothing: $NEWER_PYTHON if set, else of those on the PATH and in pyenv.
find_newer_python() {
    local candidate found best="" newest=0
    local number='import sys; v = sys.version_info; v.releaselevel == "final" and print(f"{v[0]}{v[1]:02}{v[2]:02}")'
    local pyenv=${PYENV_ROOT:-${HOME:-}/.pyenv}
    [ -d "$pyenv/versions" ] || pyenv=$(dirname "$(dirname "$(readlink -f "$(command -v pyenv)")")")
    local -a candidates=(python3.1{3..9} "$pyenv"/versions/*/bin/python3.1[3-9])
    [ -z "${NEWER_PYTHON:-}" ] || candidates=("$NEWER_PYTHON")
    for candidate in "${candidates[@]}"; do
        found=$("$candidate" -c "$number" 2>/dev/null) || continue
        if [ "${found:-0}" -ge 31300 ] && [ "$found" -gt "$newest" ]; then
            best=$candidate newest=$found
        fi
    done
    [ -z "$best" ] || printf '%s\n' "$best"
}

find_compiler() {
    if [ -n "${NEUROSEARCH_CXX:-}" ]; then
        command -v "$NEUROSEARCH_CXX" >/dev/null 2>&1 || fail "NEUROSEARCH_CXX = $NEUROSEARCH_CXX is not an executable; name a C++ compiler, or unset it"
        printf '%s\n' "$NEUROSEARCH_CXX"
        return
    fi
    command -v clang++ || command -v g++ || fail "no C++ compiler is on the PATH; install one (Debian: apt-get install g++)"
}

# environment FOLDER WHAT...: a virtual environment with WHAT installed by pip, made anew only when setup.cfg, WHAT or
# the Python changed.
environment() {
    local folder=$1 python stamp wanted
    shift
    python=$(find_python) || exit $?
    wanted="$("$python" --version) $* $(cat "$root/setup.cfg" "$root/pyproject.toml" | sha256sum)"
    stamp="$folder/neurosearch.stamp"
    if [ -x "$folder/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
        say "reuse the environment $folder ($("$folder/bin/python" --version))"
        return
    fi
    say "make the environment $folder with $("$python" --version) and install $*"
    rm -rf "$folder"
    if "$python" -m venv "$folder" >/dev/null 2>&1; then
        "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$@" || fail "pip could not install $*; the reason stands above"
    else # Debian without python3-venv: an environment without a pip of its own, filled by the outer one
        rm -rf "$folder"
        "$python" -m venv --without-pip "$folder" || fail "$python cannot make a virtual environment; install its venv module (Debian: apt-get install python3-venv)"
        "$python" -m pip --python "$folder/bin/python" install --quiet --disable-pip-version-check "$@" || fail "pip could not install $*; the reason stands above (no pip at all? Debian: apt-get install python3-pip)"
    fi
    printf '%s\n' "$wanted" >"$stamp"
}

# A home that does not exist must not stop pip, matplotlib or the build cache.
home_or() {
    if [ -z "${HOME:-}" ] || [ ! -w "${HOME:-}" ]; then
        export HOME=$1
        mkdir -p "$HOME"
        echo "no home folder can be written, so caches go to $HOME"
    fi
}
