#!/usr/bin/env bash
# Runs a command against a throw-away PostgreSQL that ends with it; the server's URL is the command's last argument.
# Usage: migrations/scratch.sh migrations/prepare.sh
set -euo pipefail

# The programs: those on PATH, else the newest of the usual folders (`PG_BIN` chooses others).
bin=${PG_BIN:-}
if [ -z "$bin" ] && command -v initdb >/dev/null; then bin=$(dirname "$(readlink -f "$(command -v initdb)")"); fi
if [ -z "$bin" ]; then bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1 || true); fi
[ -x "$bin/initdb" ] || { echo "scratch.sh: no PostgreSQL found: install it, or name its folder in PG_BIN" >&2; exit 1; }

folder=$(mktemp -d /tmp/reception-scratch.XXXXXX)
as_server=()
if [ "$(id -u)" = 0 ]; then
  # PostgreSQL refuses to be root: it is lent another account, which gets the folder.
  account=postgres
  id -u "$account" >/dev/null 2>&1 || account=nobody
  chown "$account" "$folder"
  as_server=(setpriv --reuid "$account" --regid "$(id -g "$account")" --clear-groups --)
fi

in_folder() { (cd "$folder" && env -i PATH="$PATH" LC_ALL=C "${as_server[@]}" "$@"); }
stop() {
  in_folder "$bin/pg_ctl" --pgdata="$folder/data" --mode=immediate --silent stop >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT TERM

in_folder "$bin/initdb" --pgdata="$folder/data" --username=postgres --auth=trust --encoding=UTF8 --no-sync >"$folder.log" 2>&1 \
  || { cat "$folder.log" >&2; rm -f "$folder.log"; exit 1; }
rm -f "$folder.log"
# A socket in a closed folder: no port to clash with, nobody else to log in.
in_folder "$bin/pg_ctl" --pgdata="$folder/data" --log="$folder/server.log" --wait --silent \
  --options="-c listen_addresses='' -c unix_socket_directories='$folder' -c fsync=off" start \
  || { cat "$folder/server.log" >&2; exit 1; }

export PATH="$bin:$PATH"
"$@" "postgres://postgres@${folder//\//%2F}/postgres"
