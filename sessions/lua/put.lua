-- PUT puts an item into a lane, unless it was there before or the lane is full.
-- KEYS  1 ready  2 lease  3 state  4 lane  5 seen  6 out of a session, record of an address
--       and of a session  7 history  8 entries
-- ARGV  1 lane id  2 signal  3 channel  4 kind  5 item's id  6 item  7 how long its id is remembered
--       8 hold  9 the most of a row of holds  10 most items  11 nonce  12 1: lease the lane if idle
--       and of a session  13 the item's address  14 1: make the session if it is not there
--       15, 16 day and answered to begin with  17 life of a history  18 setting of the language
-- returns {0, wait, description of the lease or nothing} accepted
--         {1} duplicate
--         {2, 1 for the first time, language} full
--         {3, winner}, {4, heir or ""}: try there; see whose
local id, kind, nonce, now = ARGV[1], ARGV[4], ARGV[11], clock()
local m = redis.call('HMGET', KEYS[3], 'moved', 'gone', 'closed', 'a:' .. (ARGV[13] or ''), 'put', 'tok', 'hold', 'holdfrom')
if kind == 's' and (not m[4] or m[3]) then
  if ARGV[14] ~= '1' or m[1] or m[2] or m[3] or redis.call('EXISTS', KEYS[3]) == 1 then
    return whose(KEYS[3], ARGV[13], m)
  end
  redis.call('HSET', KEYS[3], 'a:' .. ARGV[13], '1')
  if ARGV[15] ~= '' then redis.call('HSET', KEYS[3], 'day', ARGV[15], 'ans', ARGV[16]) end
  redis.call('PEXPIRE', KEYS[3], ARGV[17])
end
local leased, hold = m[6], tonumber(m[7]) or 0

if seen_before(KEYS[5], ARGV[5], now) then
  -- this very call, whose answer was lost; whoever has put something since took no lease from it
  if leased == nonce then
    return { 0, 0, describe_again(kind, id, hash(KEYS[3]), KEYS[4], KEYS[6], now) }
  end
  if m[5] ~= nonce then
    redis.call('PEXPIRE', KEYS[5], SEEN_LIFE) -- a write, which waiting for a replica waits for
    return { 1 }
  end
  return { 0, leased and 0 or math.max(0, hold - now) }
end

local waiting = redis.call('LLEN', KEYS[4])
if waiting >= tonumber(ARGV[10]) then
  if kind == 'a' then return { 2, 0, '' } end
  redis.call('HSETNX', KEYS[3], 'full', nonce)
  local told = redis.call('HMGET', KEYS[3], 'full', 'set:' .. ARGV[18])
  return { 2, told[1] == nonce and 1 or 0, told[2] or '' }
end

redis.call('RPUSH', KEYS[4], ARGV[6])
see(KEYS[5], ARGV[5], tonumber(ARGV[7]), now)
if tonumber(ARGV[8]) > 0 then
  local from = tonumber(m[8])
  -- a row that has ended during a turn put nothing off
  if not from or leased and hold <= now then from = now end
  hold = math.max(hold, math.min(now + ARGV[8], from + ARGV[9]))
  redis.call('HSET', KEYS[3], 'put', nonce, 'hold', int(hold), 'holdfrom', int(from))
else
  redis.call('HSET', KEYS[3], 'put', nonce)
end

if leased then return { 0, 0 } end
if waiting > 0 or kind == 's' and redis.call('EXISTS', KEYS[6]) == 1 then -- it is among the ready
  if hold > now then redis.call('ZADD', KEYS[1], 'GT', int(hold), id) end
  return { 0, math.max(0, hold - now) }
end
redis.call('PERSIST', KEYS[3])
redis.call('PEXPIRE', KEYS[5], SEEN_LIFE)
if kind == 's' then
  redis.call('PERSIST', KEYS[7])
  redis.call('PERSIST', KEYS[8])
end
if ARGV[12] == '1' and hold <= now then
  return { 0, 0, lease(kind, id, KEYS[1], KEYS[2], KEYS[3], KEYS[4], { ARGV[6] }, KEYS[6], nonce, false, now) }
end
wake(KEYS[1], id, now, hold, now, ARGV[3], ARGV[2])
return { 0, math.max(0, hold - now) }
