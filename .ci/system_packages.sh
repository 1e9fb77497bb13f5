#!/bin/sh
# usage: system_packages.sh PYTHON demo|test
# Looks for the system files that pip cannot bring, installs the missing ones with apt when run as root,
# otherwise names the command and ends with 2.
set -eu
python=$1
purpose=$2
missing=""

has_library() { ldconfig -p | grep -q "$1"; }
has_gl_driver() { ls /usr/lib/*/dri/swrast_dri.so /usr/lib/*/libgallium*.so /usr/lib/*/libEGL_nvidia.so* 2>/dev/null | grep -q .; }
has_header() { "$python" -c 'import os, sysconfig; raise SystemExit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))'; }
has_browser() { command -v chromium || command -v chromium-browser || command -v google-chrome || command -v google-chrome-stable; } >/dev/null
need() { missing="$missing $1"; }

command -v "$python" >/dev/null || { echo "error: no '$python'; install Python 3.10 to 3.13 or set PYTHON=" >&2; exit 2; }
"$python" -c 'import sys; raise SystemExit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || {
    echo "error: need Python 3.10 to 3.13, got $("$python" -V); set PYTHON=python3.11 or alike" >&2
    exit 2
}
"$python" -c 'import venv, ensurepip' 2>/dev/null || need python3-venv
has_header || need python3-dev
command -v g++ >/dev/null || need g++
if [ "$purpose" = test ]; then
    has_library libEGL.so.1 || need libegl1
    has_library libGL.so.1 || need libgl1
    has_gl_driver || need libgl1-mesa-dri
    command -v git >/dev/null || need git
fi

can_install() { [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; }
install() {
    echo "installing system packages:$1"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -qq $1
}

if [ -n "$missing" ]; then
    can_install || { echo "error: system packages are missing; run: sudo apt-get install -y --no-install-recommends$missing" >&2; exit 2; }
    install "$missing"
fi
# Nothing but the tests that look at reports wants a browser, and some distributions have none that apt can install
if [ "$purpose" = test ] && ! has_browser; then
    { can_install && install " chromium"; } || echo "no Chromium: tests that look at reports in a browser are skipped"
fi
