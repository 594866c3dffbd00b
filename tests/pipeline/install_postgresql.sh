#!/bin/sh
# Install the database that fetching is tested against (Debian and its relatives).
set -eu
if command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "No PostgreSQL here, and no apt to install it with: install it by hand." >&2
    exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "No PostgreSQL here: run 'sudo apt-get install postgresql', then the tests again." >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
# The tests start a server of their own; the package need not make and start one.
if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    mkdir -p /etc/postgresql-common
    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
fi
apt-get update -qq
apt-get install -qq -y --no-install-recommends postgresql
