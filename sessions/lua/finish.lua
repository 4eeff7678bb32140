-- FINISH records the verdict on a session's turn: an outcome, or a burial.
-- KEYS  1 ready  2 lease  3 state  4 lane  5 out  6 history  7 entries  8 letters  9 dead  10 tokens
-- ARGV  1 session  2 signal  3 channel  4 token  5 items dealt with  6 most entries
--       7 life of a history  8 1: bury, with 9 the reason, quoted
--       10 1: counts  11 tokens  12 life of the count of tokens
--       13 number of entries (each id, entry)  14 of settings (each name, value)  15 of items to send
--       then these
-- returns {1, 1 if the lane may be taken now} done, {2, as before, out} done before, {0} fenced,
--       {3, how many items the lease is over} not so many
local id, token, n, now = ARGV[1], ARGV[4], tonumber(ARGV[5]), clock()
local m = redis.call('HMGET', KEYS[3], 'tok', 'ver', 'got', 'seq', 'day', 'ans', 'hold', 'full')
if m[2] == token then return { 2, free(KEYS[1], id, now), redis.call('LRANGE', KEYS[5], 0, -1) } end
if m[1] ~= token then return { 0 } end
local got = tonumber(m[3]) or 0
if n < 1 or n > got then return { 3, got } end

if ARGV[8] == '1' then letter('s', id, KEYS[4], KEYS[8], KEYS[9], n, ARGV[9], tonumber(ARGV[7]), now) end
redis.call('LTRIM', KEYS[4], n, -1)
local left = redis.call('LLEN', KEYS[4])
-- what becomes of the state, in two calls at the end
local set = { 'ver', token, 'got', 0, 'open', 0 }
local unset = { 'turn', 'crash', 'delay', 'stop', 'mark', 'heirs', 'closed' }
if m[8] and left < HALF then unset[#unset + 1] = 'full' end

local at = 16
local seq, added = tonumber(m[4]) or 0, {}
for _ = 1, tonumber(ARGV[13]) do
  if redis.call('HSETNX', KEYS[7], ARGV[at], ARGV[at + 1]) == 1 then
    seq = math.max(now, seq + 1)
    added[#added + 1] = int(seq)
    added[#added + 1] = ARGV[at]
  end
  at = at + 2
end
if #added > 0 then
  redis.call('ZADD', KEYS[6], unpack(added))
  trim(KEYS[6], KEYS[7], tonumber(ARGV[6]))
  set[#set + 1] = 'seq'
  set[#set + 1] = int(seq)
end

for _ = 1, tonumber(ARGV[14]) do
  if ARGV[at + 1] == '' then
    unset[#unset + 1] = 'set:' .. ARGV[at]
  else
    set[#set + 1] = 'set:' .. ARGV[at]
    set[#set + 1] = ARGV[at + 1]
  end
  at = at + 2
end

local day = today(now)
if ARGV[10] == '1' then
  local before = tonumber(m[5]) == day and tonumber(m[6]) or 0
  for _, value in ipairs({ 'day', day, 'ans', before + 1 }) do set[#set + 1] = value end
end
if tonumber(ARGV[11]) > 0 and redis.call('HINCRBY', KEYS[10], day, ARGV[11]) == tonumber(ARGV[11]) then
  redis.call('HDEL', KEYS[10], day - 2) -- once a day
  redis.call('PEXPIRE', KEYS[10], ARGV[12])
end

for _ = 1, tonumber(ARGV[15]) do
  redis.call('RPUSH', KEYS[5], ARGV[at])
  at = at + 1
end
local relay = tonumber(ARGV[15]) > 0 or redis.call('EXISTS', KEYS[5]) == 1
if not relay then
  set[#set + 1] = 'rel'
  set[#set + 1] = 'v' .. token
  unset[#unset + 1] = 'tok'
  if left == 0 then
    unset[#unset + 1] = 'hold'
    unset[#unset + 1] = 'holdfrom'
  end
end
redis.call('HDEL', KEYS[3], unpack(unset))
redis.call('HSET', KEYS[3], unpack(set))
if relay then
  redis.call('ZADD', KEYS[2], int(now + LEASE), id)
  return { 1, 0 }
end
redis.call('ZREM', KEYS[2], id)
if left > 0 then return { 1, wake(KEYS[1], id, now, m[7], now, ARGV[3], ARGV[2]) } end
rest(KEYS[3], KEYS[6], KEYS[7], ARGV[7])
return { 1, 0 }
