-- DELIVERED removes the head of an address's lane: sent, or buried.
-- KEYS  1 ready  2 lease  3 state  4 lane  5 seen  6 record  7 letters  8 dead
-- ARGV  1 address  2 signal  3 channel  4 token  5 items dealt with  6 1: blocked  7 1: erase
--       8 1: bury, with 9 the reason, quoted  10 life of dead letters  11 life of the record
--       12 life of an idle state
-- returns {1, 1 if the lane may be taken now} done, now or before; {0} fenced; {3, how many items the
--       lease is over} not so many
local id, token, n, erase, now = ARGV[1], ARGV[4], tonumber(ARGV[5]), ARGV[7] == '1', clock()
local m = redis.call('HMGET', KEYS[3], 'tok', 'ver', 'got', 'erase', 'hold', 'full')
if m[1] ~= token then
  if m[2] == token then
    redis.call('HSET', KEYS[3], 'ver', token) -- a write, which waiting for a replica waits for
    return { 1, free(KEYS[1], id, now) }
  end
  -- where nothing is known of the lane, it was erased, most likely by this very call
  if redis.call('EXISTS', KEYS[3]) == 0 then return { 1, free(KEYS[1], id, now) } end
  return { 0 }
end
local got = tonumber(m[3]) or 0
if n < 1 or n > got then return { 3, got } end

if ARGV[8] == '1' then letter('a', id, KEYS[4], KEYS[7], KEYS[8], n, ARGV[9], tonumber(ARGV[10]), now) end
if ARGV[6] == '1' then redis.call('HSET', KEYS[6], 'blocked', 1) end
redis.call('PEXPIRE', KEYS[6], ARGV[11])
local left, set, unset = behead(KEYS[4], n, token, m[6])
hand_back(set, unset, 'v', token, left == 0)
redis.call('HDEL', KEYS[3], unpack(unset))
redis.call('HSET', KEYS[3], unpack(set))
redis.call('ZREM', KEYS[2], id)
local more = 0
if left > 0 then
  more = wake(KEYS[1], id, now, m[5], now, ARGV[3], ARGV[2])
else
  redis.call('PEXPIRE', KEYS[3], ARGV[12])
end
if not erase and not (m[4] and left == 0) then return { 1, more } end

redis.call('DEL', KEYS[7])
redis.call('ZREM', KEYS[8], 'a:' .. id)
if left == 0 then
  redis.call('DEL', KEYS[3], KEYS[5])
  if redis.call('HEXISTS', KEYS[6], 'session') == 0 then redis.call('DEL', KEYS[6]) end
  return { 1, more }
end
-- of what waits it must still be known that it is there
local keep = {}
for _, raw in ipairs(redis.call('LRANGE', KEYS[4], 0, -1)) do
  local till = redis.call('ZSCORE', KEYS[5], idof(raw))
  if till then keep[#keep + 1] = { till, idof(raw) } end
end
redis.call('DEL', KEYS[5])
for _, s in ipairs(keep) do redis.call('ZADD', KEYS[5], s[1], s[2]) end
redis.call('PEXPIRE', KEYS[5], SEEN_LIFE)
return { 1, more }
