-- FINISH records the verdict on a session's turn: an outcome, or a burial.
-- KEYS  1 ready  2 lease  3 state  4 lane  5 out  6 history  7 entries  8 letters  9 dead  10 tokens
--       11 events  12 draft
--       and for each item that is passed on, those of PUT
-- ARGV  1 session  2 signal  3 channel  4 token  5 items dealt with  6 most entries
--       7 life of a history  8 1: bury, with 9 the reason, quoted
--       10 1: counts  11 tokens  12 life of the count of tokens
--       13 number of entries (each id, entry)  14 of settings (each name, value)
--       15 of items to pass on (each as PUT)  16 of items to send (each an item)
--       then these
-- returns {1, 1 if the lane may be taken now, what PUT said} done, where PUT said that a lane is full
--       that item and those after it are to send; {2, as before, as before, out} done before,
--       {0} fenced, {3, how many items the lease is over} not so many
local id, token, n, now = ARGV[1], ARGV[4], tonumber(ARGV[5]), clock()
local m = redis.call('HMGET', KEYS[3], 'tok', 'ver', 'got', 'seq', 'day', 'ans', 'hold', 'full', 'live', 'epoch', 'draftof')
local epoch = watched(m[9], m[10], now)
local PUT_KEYS, PUT_ARGS = 7, 12
local passed, k = {}, 12
if m[2] == token then
  redis.call('HSET', KEYS[3], 'ver', token) -- a write, which waiting for a replica waits for
  local out, at = redis.call('LRANGE', KEYS[5], 0, -1), 16 + 2 * ARGV[13] + 2 * ARGV[14]
  for i = 1, ARGV[15] - #out do
    local h, nonce = hash(KEYS[k + 3]), ARGV[at + 11]
    passed[i] = { 1 }
    -- this very call, whose answer was lost; an item behind it may go to the same lane
    if h.tok == nonce and idof(redis.call('LINDEX', KEYS[k + 4], 0) or '') == ARGV[at + 5] then
      passed[i] = { 0, 0, describe_again('a', ARGV[at + 1], h, KEYS[k + 4], KEYS[k + 6], nil, now) }
    elseif h.put == nonce then
      passed[i] = { 0, h.tok and 0 or math.max(0, (tonumber(h.hold) or 0) - now) }
    end
    k, at = k + PUT_KEYS, at + PUT_ARGS
  end
  return { 2, free(KEYS[1], id, now), passed, out }
end
if m[1] ~= token then return { 0 } end
local got = tonumber(m[3]) or 0
if n < 1 or n > got then return { 3, got } end

if ARGV[8] == '1' then letter('s', id, KEYS[4], KEYS[8], KEYS[9], n, ARGV[9], tonumber(ARGV[7]), now) end
local left, set, unset = behead(KEYS[4], n, token, m[8])
set[#set + 1] = 'at'
set[#set + 1] = int(now)

local at = 17
local seq, added = tonumber(m[4]) or 0, {}
for _ = 1, tonumber(ARGV[13]) do
  if redis.call('HSETNX', KEYS[7], ARGV[at], ARGV[at + 1]) == 1 then
    seq = math.max(now, seq + 1)
    added[#added + 1] = int(seq)
    added[#added + 1] = ARGV[at]
    if epoch then tell(KEYS[3], KEYS[11], id, epoch, 'entry', ARGV[at + 1]) end
  end
  at = at + 2
end
if m[11] then
  redis.call('DEL', KEYS[12])
  unset[#unset + 1] = 'draftof'
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
spend(KEYS[10], tonumber(ARGV[11]), ARGV[12], now)

local relay = redis.call('EXISTS', KEYS[5]) == 1
for _ = 1, tonumber(ARGV[15]) do
  if not relay then
    local of = redis.call('HMGET', KEYS[k + 3], 'put', 'tok', 'hold', 'holdfrom')
    local said = admit(k, at - 1, of[1], of[2], of[3], of[4], nil, now)
    relay = said[1] == 2
    if not relay then passed[#passed + 1] = said end
  end
  if relay then redis.call('RPUSH', KEYS[5], ARGV[at + 5]) end
  k, at = k + PUT_KEYS, at + PUT_ARGS
end
for _ = 1, tonumber(ARGV[16]) do
  relay = true
  redis.call('RPUSH', KEYS[5], ARGV[at])
  at = at + 1
end
if not relay then hand_back(set, unset, 'v', token, left == 0) end
redis.call('HDEL', KEYS[3], unpack(unset))
redis.call('HSET', KEYS[3], unpack(set))
if relay then
  redis.call('ZADD', KEYS[2], int(now + LEASE), id)
  return { 1, 0, passed }
end
redis.call('ZREM', KEYS[2], id)
if left > 0 then return { 1, wake(KEYS[1], id, now, m[7], now, ARGV[3], ARGV[2]), passed } end
rest(KEYS[3], KEYS[6], KEYS[7], ARGV[7])
return { 1, 0, passed }
