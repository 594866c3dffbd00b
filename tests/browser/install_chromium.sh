#!/bin/sh
# Install the browser that the dashboards' tests drive (Debian and its relatives).
set -eu
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then exit 0; fi
done
if ! command -v apt-get >/dev/null; then
    echo "No Chromium here, and no apt to install it with: install Chromium by hand." >&2
    exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "No Chromium here: run 'sudo apt-get install chromium', then the tests again." >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq -y --no-install-recommends chromium fonts-liberation fonts-wqy-microhei
