# Sourced by deploy/check: what two-servers.md says.

# step_servers brings up what two-servers.md says, three machines being three addresses, and kills the master.
step_servers() {
  local dir=$scratch/servers name n=0
  ferry
  sandbox "$dir"
  blocks two-servers.md sh "$dir/sh"
  blocks two-servers.md redis "$dir/redis-blocks"
  blocks two-servers.md sentinel "$dir/sentinel"
  blocks two-servers.md text "$dir/text"
  (cd "$dir" && quietly bash -euo pipefail -c "$(<sh/1)")
  printf '127.0.0.1 localhost\n' >"$scratch/hosts"
  # The users of the page, with passwords.
  {
    echo "user default off ~* &* +@all"
    echo "user ferry on >ferry-pw ~ferry:* &ferry:* +@all -@admin -@dangerous +info"
    grep -h '^user ' "$dir"/text/*
  } | sed 's/REPLICA-PASSWORD/replica-pw/; s/SENTINEL-PASSWORD/sentinel-pw/' >"$dir/users.acl"
  for name in a b c; do
    n=$((n + 1))
    echo "127.0.2.$n redis-$name" >>"$scratch/hosts"
    mkdir "$dir/$name"
    sed -e "s#/etc/redis/tls#$dir/tls#; s/REPLICA-PASSWORD/replica-pw/; s/announce-ip redis-a/announce-ip redis-$name/" \
      "$dir/redis-blocks/1" >"$dir/$name/tls.conf"
    sed -e "s#/etc/redis/tls#$dir/tls#; s/SENTINEL-OWN-PASSWORD/own-pw/; s/SENTINEL-PASSWORD/sentinel-pw/; s/announce-ip redis-a/announce-ip redis-$name/" \
      "$dir/sentinel/1" >"$dir/$name/sentinel.conf"
    grep -v '^\(dir\|aclfile\|bind\|port\) ' redis/redis.conf >"$dir/$name/redis.conf"
    printf 'bind 127.0.2.%d\ndir %s\naclfile %s\ninclude %s\n' "$n" "$dir/$name" "$dir/users.acl" "$dir/$name/tls.conf" >>"$dir/$name/redis.conf"
    printf 'bind 127.0.2.%d\ndir %s\n' "$n" "$dir/$name" >>"$dir/$name/sentinel.conf"
  done
  echo "replicaof redis-a 6379" >>"$dir/b/redis.conf"
  isolated fail_over
}

fail_over() {
  local name master
  cd "$scratch/servers"
  for name in a b; do
    redis-server "$name/redis.conf" >"log.redis-$name" 2>&1 &
    [[ $name != a ]] || master=$!
  done
  local ask=(redis-cli --tls --cacert tls/ca.crt --sni redis-a --no-auth-warning)
  soon 20 bash -c "${ask[*]} -h redis-b --user ferry --pass ferry-pw info replication | grep -q master_link_status:up"
  for name in a b c; do
    redis-server "$name/sentinel.conf" --sentinel >"log.sentinel-$name" 2>&1 &
  done
  soon 20 bash -c "${ask[*]} -h redis-c -p 26379 --pass own-pw sentinel ckquorum ferry | grep -q '^OK 3'"
  mkdir -p ca && cp tls/ca.crt ca/
  (
    export "$(grep -h ^REDIS_MODE text/*)" "$(grep -h ^DURABILITY text/*)"
    REDIS_URL=$(grep -h ^REDIS_URL text/* | sed 's/^REDIS_URL=//; s/SENTINEL-OWN-PASSWORD/own-pw/; s/FERRY-PASSWORD/ferry-pw/')
    export REDIS_URL SSL_CERT_DIR=$PWD/ca
    exec env OPENAI_MODEL=m OPENAI_BASE_URL=http://127.0.0.1:9001/v1 "$bin/ferry" serve
  ) 2>log.ferry &
  soon 20 curl -fsS http://127.0.0.1:8080/readyz
  local token
  token=$(curl -fsS -X POST http://127.0.0.1:8080/web/session | jq -r .token)
  post() {
    curl -s -o /dev/null -w '%{http_code}' -X POST -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \
      -d "{\"id\":\"$1\",\"text\":\"hello\"}" http://127.0.0.1:8080/web/messages
  }
  [[ $(post 0b0e0a52-9d09-4ad4-9e3f-2d9b8e6a0001) == 202 ]] || fail "a message is not taken in: $(<log.ferry)"
  disown "$master"
  kill -KILL "$master"
  soon 40 bash -c "${ask[*]} -h redis-b --user ferry --pass ferry-pw info replication | grep -q role:master"
  soon 20 curl -fsS http://127.0.0.1:8080/readyz
  # No replica is left, and none of what a platform is told is less than the page promises.
  [[ $(post 0b0e0a52-9d09-4ad4-9e3f-2d9b8e6a0002) == 503 ]] || fail "a message is taken in without a replica"
  [[ $(curl -fsS -H "Authorization: Bearer $token" http://127.0.0.1:8080/web/history) == *hello* ]] || fail "the failover lost a message"
}
