# Shell functions that the entry points share: where things are kept, and which Debian packages a purpose needs.
# Sourced, not run. It leaves to the callers what is to be done; installing twice costs nothing.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

say() { printf '\n== %s\n' "$*" >&2; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

# Prints the folder for what outlives a clone (packages of the test providers, and in CI the builds),
# or nothing where no such folder can be written.
cache_folder() {
    local folder=${BOWLINE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/bowline-build}
    mkdir -p "$folder" 2>/dev/null && [ -w "$folder" ] && printf '%s\n' "$folder"
    return 0
}

# A person's checkout builds in its own target/. CI, or a named cache, shares one among clones.
choose_target() {
    if [ -n "${CARGO_TARGET_DIR:-}" ]; then return; fi
    local folder=
    if [ "${CI:-}" = true ] || [ -n "${BOWLINE_CACHE:-}" ]; then folder=$(cache_folder); fi
    export CARGO_TARGET_DIR=${folder:+$folder/target}
    export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}
}

# purpose -> lines of "package file": what is already there is not installed again.
packages_for() {
    case $1 in
    build) printf '%s\n' 'gcc /usr/bin/cc' 'libc6-dev /usr/include/stdlib.h' ;;
    python) printf '%s\n' 'python3 /usr/bin/python3' 'python3-venv /usr/lib/python3*/ensurepip/__main__.py' ;;
    desktop) printf '%s\n' 'dbus-daemon /usr/bin/dbus-daemon' 'dbus-bin /usr/bin/dbus-send' \
        'gnome-keyring /usr/bin/gnome-keyring-daemon' \
        'python3-dbus /usr/lib/python3/dist-packages/dbus/__init__.py' \
        'python3-gi /usr/lib/python3/dist-packages/gi/__init__.py' ;;
    display) printf '%s\n' 'xvfb /usr/bin/Xvfb' 'openbox /usr/bin/openbox' ;;
    window) printf '%s\n' 'gcc /usr/bin/cc' 'libc6-dev /usr/include/stdlib.h' \
        'libwebkit2gtk-4.1-dev /usr/include/webkitgtk-4.1/webkit2/webkit2.h' \
        'fonts-dejavu-core /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf' ;;
    webdriver) printf '%s\n' 'webkit2gtk-driver /usr/bin/WebKitWebDriver' 'wmctrl /usr/bin/wmctrl' \
        'desktop-file-utils /usr/bin/desktop-file-validate' 'appstream /usr/bin/appstreamcli' ;;
    browser) printf '%s\n' 'chromium /usr/bin/chromium' \
        'fonts-dejavu-core /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf' ;;
    *) fail "no such purpose: $1" ;;
    esac
}

# packages PURPOSE...: installs what is missing; says clearly what to install where that cannot be done here.
packages() {
    local purpose package file missing=
    for purpose; do
        while read -r package file; do
            # shellcheck disable=SC2086  # the pattern is meant to expand
            compgen -G $file >/dev/null || missing="$missing $package"
        done < <(packages_for "$purpose")
    done
    [ -n "$missing" ] || return 0
    command -v apt-get >/dev/null || fail "Missing on this machine, which has no apt-get:$missing (Debian's names). Please install them."
    local sudo=
    if [ "$(id -u)" != 0 ]; then
        sudo='sudo -n'
        $sudo true 2>/dev/null || fail "Missing:$missing. Please run: sudo apt-get install$missing"
    fi
    say "installing$missing"
    local apt="$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600"
    # shellcheck disable=SC2086  # lists of words
    { $apt update && $apt install -y --no-install-recommends $missing; } </dev/null >&2
}

# programs NAME...: what Bowline does not install by itself.
programs() {
    local name
    for name; do
        command -v "$name" >/dev/null && continue
        case $name in
        cargo) fail "Rust is missing: see https://rustup.rs, then run this again." ;;
        node | npm) fail "Node.js is missing: install version 20 or later, then run this again." ;;
        *) fail "$name is missing." ;;
        esac
    done
}

# Builds the window's pages into ui/dist, from the packages that the lock file names. Nothing is done twice: what was
# built from the same files is kept.
build_ui() {
    local stamp
    stamp=$(cd "$root/ui" && find . -path ./node_modules -prune -o -path ./dist -prune -o -path ./tests -prune -o -type f -print0 |
        sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
    if [ -f "$root/ui/dist/index.html" ] && [ "$(cat "$root/ui/node_modules/.built" 2>/dev/null)" = "$stamp" ]; then return; fi
    say 'the window'"'"'s pages'
    (cd "$root/ui" && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-audit --no-fund --loglevel=error; } &&
        npm run --silent build) >&2 || return 1
    printf '%s\n' "$stamp" >"$root/ui/node_modules/.built"
}

# Makes the pages' types anew: ts-rs writes them when the window's tests run.
make_types() { (cd "$root" && cargo test --quiet -p bowline-desktop --lib export_bindings); }
