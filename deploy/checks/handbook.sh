# Sourced by deploy/check: the handbook's links, settings and commands.

# blocks FILE LANGUAGE DIR writes the code of a language in a page to DIR/1, DIR/2 and so on.
blocks() {
  mkdir -p "$3"
  awk -v language="$2" -v dir="$3" '
    !file && $0 ~ "^ *```" language "$" { match($0, /^ */); indent = RLENGTH; file = dir "/" ++n; printf "" > file; next }
    file && /^ *```$/ { close(file); file = ""; next }
    file { print substr($0, indent + 1) > file }' "$1"
}

step_handbook() {
  local page target name
  ferry
  emulators
  # Links lead somewhere.
  for page in *.md; do
    { grep -oE '\]\([^)]+\)' "$page" || true; } | sed 's/^](//; s/)$//; /^https\?:/d' | while read -r target; do
      case $target in
        '#'*) grep -qiE "^#+ $(tr - . <<<"${target#\#}")$" "$page" || fail "$page: no heading for $target" ;;
        *) [[ -e $target ]] || fail "$page: there is no $target" ;;
      esac
    done
  done
  # Settings are ones that there are.
  "$bin/ferry" config | grep -oE '^#?[A-Z_]+=|^# [A-Z_]+_FILE' | tr -d '#= ' >"$scratch/settings"
  grep -ohE '`[A-Z][A-Z_]+_[A-Z_]+[=`]' README.md two-servers.md | tr -d '`=' | sort -u |
    grep -vxE 'SSL_CERT_DIR|COMPOSE_PROFILES|SMS_HTTP_|[A-Z_]*_FILE' | while read -r name; do
    grep -qx "$name" "$scratch/settings" || echo "$name"
  done >"$scratch/unknown"
  [[ ! -s $scratch/unknown ]] || fail "the handbook names settings that there are not: $(tr '\n' ' ' <"$scratch/unknown")"

  sandbox "$scratch/handbook"
  blocks README.md sh "$scratch/handbook/blocks"
  blocks README.md sql "$scratch/handbook/sql"
  install -m 755 checks/docker "$bin/docker"
  printf '127.0.0.1 localhost\n127.0.0.9 redis\n127.0.1.1 ferry\n127.0.1.2 ferry\n' >"$scratch/hosts"
  database
  isolated read_along archive ready
  stop_database
}

stop_database() {
  [[ ! -e $scratch/pg/data/postmaster.pid ]] || kill -QUIT "$(head -1 "$scratch/pg/data/postmaster.pid")"
}

# database starts a PostgreSQL with an archive as the handbook's query expects.
database() {
  pgbin=$(dirname "$(compgen -G '/usr/lib/postgresql/*/bin/initdb' | tail -1)")
  mkdir "$scratch/pg"
  chown postgres "$scratch/pg"
  (
    cd /
    quietly runuser -u postgres -- "$pgbin/initdb" -D "$scratch/pg/data" -A trust --no-sync
    quietly runuser -u postgres -- "$pgbin/pg_ctl" -D "$scratch/pg/data" -w -l "$scratch/pg/log" -o "-c listen_addresses= -k $scratch/pg" start
  )
  export PGHOST=$scratch/pg PGUSER=postgres PGDATABASE=postgres
  psql -qX -v ON_ERROR_STOP=1 <<'SQL'
CREATE TABLE people (phone text PRIMARY KEY, name text, language text);
CREATE TABLE messages (id bigserial PRIMARY KEY, phone text REFERENCES people, from_user boolean, body text, sent_at timestamptz);
INSERT INTO people VALUES ('+6281234567890', 'Ayu "A" Łęcka', 'id'), ('+5511987654321', NULL, NULL);
INSERT INTO messages (phone, from_user, body, sent_at) VALUES
  ('+6281234567890', true, E'two\nlines, a tab\t, a \\ and "quotes" 👋', '2025-12-30 09:15:00.25+07'),
  ('+6281234567890', false, E'c:\\new\\table', '2025-12-30 09:15:04+07'),
  ('+6281234567890', true, '', '2025-12-30 09:16:00+07'),
  ('+5511987654321', true, 'oi', '2025-12-30 09:15:00-03');
SQL
}

ready() { [[ $(curl -ks -o /dev/null -w '%{http_code}' https://localhost/readyz) == 200 ]]; }

# archive tells what of the archive is in the store.
archive() { docker compose exec ferry /ferry user export whatsapp:+6281234567890 2>/dev/null; }

# read_along does what the handbook says, a block at a time, and looks at what it comes to.
read_along() {
  export PATH=$bin:$PATH
  cd "$scratch/handbook"
  "$bin/emulators" &
  local n block
  for ((n = 1; ; n++)); do
    [[ -e blocks/$n ]] || break
    block=$(<"blocks/$n")
    case $block in
      *psql*) cp sql/1 people.sql ;;
      *"user forget"*)
        archive | jq -e '[.entries[].text] == ["two\nlines, a tab\t, a \\ and \"quotes\" 👋", "c:\\new\\table"]' >/dev/null ||
          fail "the archive did not come over as it was"
        ;;
      *"stop ferry redis"*) docker compose exec ferry /ferry user forget --yes telegram:42 2>/dev/null >/dev/null ;;
    esac
    # Not to be seen unless it fails, as the handbook is long.
    if ! bash -euo pipefail -c "$block" >said 2>&1 </dev/null; then
      cat said log.ferry 2>/dev/null
      fail "the handbook's commands fail: $block"
    fi
    case $block in
      *env.example*)
        [[ $(stat -c %a secrets) == 700 ]] || fail "secrets/ is open to others"
        sed -i 's/^#\(OPENAI_API_KEY_FILE\|TELEGRAM_BOT_TOKEN_FILE\)/\1/' .env
        printf '%s\n' OPENAI_MODEL=m OPENAI_BASE_URL=http://127.0.0.1:9001/v1 TELEGRAM_API_URL=http://127.0.0.1:9002 >>.env
        ;;
      *"cat > secrets"*)
        echo sk-test >secrets/ferry/openai_api_key
        echo 1234567:abcdefghijklmnopqrstuvwxyzabcdefghi >secrets/ferry/telegram_bot_token
        ;;
      *"psql"*) grep -q '^2 people (2 of them new, 0 forgotten' said || fail "not everybody was imported: $(<said)" ;;
      *"user forget"*) [[ -z $(archive) ]] || fail "who was forgotten is still there" ;;
      *"rm secrets/redis_password"*)
        [[ $(REDISCLI_AUTH=old redis-cli -h redis --user ferry ping 2>&1) == *WRONGPASS* ]] || fail "Redis takes any password"
        redis-cli -h redis -e ping >/dev/null 2>&1 && fail "Redis talks to anybody"
        ! grep CRITICAL log.redis || fail "Redis does not read back all that it wrote"
        # As compose.yaml asks it.
        sed -n 's/^ *test: \[CMD, \(redis-cli, .*\)\]/\1/p' compose.yaml | tr -d , | sed 's/redis-cli/& -h redis/' >health
        [[ $(bash health) == PONG ]] || fail "the health check of Redis fails"
        ;;
      *--rdb*) redis-check-rdb backup/ferry.rdb >/dev/null || fail "the backup is no backup" ;;
    esac
    if [[ -e pids/ferry-1 ]] && ! (soon 30 ready); then
      tail -n 5 log.*
      fail "not ready after: $block"
    fi
    case $block in
      *"compose logs ferry"*)
        soon 20 bash -c "docker compose exec ferry /ferry user show telegram:42 2>/dev/null | grep -q 'entries *2'"
        [[ $(curl -ks https://localhost/chat) == *'<html'* ]] || fail "there is no chat page behind Caddy"
        [[ $(curl -ks -o /dev/null -w '%{http_code}' https://localhost/metrics) == 404 ]] || fail "the world sees the metrics"
        ! grep -q 'level.*\(WARN\|ERROR\)' log.ferry || fail "ferry complains: $(grep 'WARN\|ERROR' log.ferry)"
        ;;
      *"stop ferry redis"*)
        docker compose exec ferry /ferry user show telegram:42 >/dev/null 2>&1 || fail "the backup did not bring back who was forgotten since"
        ;;
    esac
  done
  ((n > 10)) || fail "the handbook has hardly any commands"
}

