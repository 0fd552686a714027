#!/usr/bin/env bash
# Refreshes .sqlx and catalogue.txt: a scratch database, the migrations, what they made of it, one `cargo check` that
# asks it about every statement.
# Usage: migrations/prepare.sh postgres://user@host/postgres   (a login that may create databases)
set -euo pipefail
cd "$(dirname "$0")/.."
server=${1:?usage: migrations/prepare.sh postgres://user:password@host:port/postgres}
scratch=prepare_$$
at=${server%/*}
psql -qX "$server" -c "create database $scratch"
trap 'psql -qX "$server" -c "drop database $scratch with (force)"' EXIT
psql -qX "$server" -c 'create role reception_app nologin' 2>/dev/null || true
for file in migrations/*.sql; do
  psql -qX -v ON_ERROR_STOP=1 --single-transaction "$at/$scratch" -f "$file"
done
psql -qAtX -v ON_ERROR_STOP=1 "$at/$scratch" -f src/kernel/db/catalogue.sql > src/kernel/db/catalogue.txt
mkdir -p .sqlx
rm -f .sqlx/query-*.json
touch src/lib.rs
SQLX_OFFLINE=false SQLX_OFFLINE_DIR=$PWD/.sqlx DATABASE_URL="$at/$scratch" cargo check --quiet --all-targets
