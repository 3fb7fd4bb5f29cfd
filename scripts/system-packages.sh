#!/usr/bin/env bash
# Installs the system packages that the Python packages and the tests need, where they are missing.
set -euo pipefail

# package:what shows that it is there (a command, or a library as the loader names it)
needed=(
    "build-essential:g++"            # pyworld is built from source
    "python3-dev:python3-config"     # the headers it is built against
    "python3-venv:python3"           # .venv
    "espeak-ng:espeak-ng"            # synthetic speech in many voices for tests
    "flite:flite"
    "libportaudio2:libportaudio.so.2"  # microphone and loudspeaker
    "alsa-utils:aplay"               # `make talk` plays its answer through it
    "pulseaudio:pulseaudio"          # a sound card without a sound card, for tests of the desktop's sound
    "pulseaudio-utils:pactl"
    "tmux:tmux"                      # a terminal without a terminal, for tests of the chat's screen
    "chromium:chromium"              # the browser page in a real browser
    "openssl:openssl"                # a certificate for tests of TLS
    "libasound2-plugins:/usr/share/alsa/alsa.conf.d/50-pulseaudio.conf"  # from PortAudio's ALSA to PulseAudio
)

present() {
    case "$1" in
        /*) test -e "$1" ;;
        *.so.*) { ldconfig -p 2>/dev/null || /sbin/ldconfig -p; } | grep -q -F "$1" ;;
        *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

missing=()
for entry in "${needed[@]}"; do
    present "${entry#*:}" || missing+=("${entry%%:*}")
done
python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=("python3-venv")

[ "${#missing[@]}" -eq 0 ] && exit 0

if command -v apt-get >/dev/null 2>&1; then
    if [ "$(id -u)" -eq 0 ]; then
        apt=(apt-get)
    elif sudo -n true 2>/dev/null; then
        apt=(sudo apt-get)
    else
        echo "Missing system packages. Please run:  sudo apt-get install ${missing[*]}" >&2
        echo "Talking to files works without them; going on." >&2
        exit 0
    fi
    "${apt[@]}" update -qq
    DEBIAN_FRONTEND=noninteractive "${apt[@]}" install -y -qq --no-install-recommends "${missing[@]}"
else
    echo "Missing system packages: ${missing[*]}" >&2
    echo "Please install what your system calls them (PortAudio, eSpeak NG, Flite, a C++ compiler, aplay); going on." >&2
fi
