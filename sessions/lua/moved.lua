-- MOVED ends a session that has joined another, if nothing has come in since it was looked at.
-- KEYS  1 ready  2 lease  3 state  4 lane  5 out  6 seen  7 history  8 entries  9 letters  10 dead
--       11 events  12 draft
-- ARGV  1 session  2 token  3 winner  4 joins when its things were looked at  5 life of what remains
-- returns {1} done, {0} fenced, {2} something waits behind the head, {3, join} another session, join,
--       has written into it, {4} something is to be relayed
local m = redis.call('HMGET', KEYS[3], 'tok', 'joins', 'join', 'moved', 'rel', 'live', 'epoch')
if m[4] and m[5] == 'm' .. ARGV[2] then return { 1 } end
if m[1] ~= ARGV[2] then return { 0 } end
if redis.call('EXISTS', KEYS[5]) == 1 then return { 4 } end
if (m[2] or '') ~= ARGV[4] then return { 3, m[3] } end
if redis.call('LLEN', KEYS[4]) ~= 1 then return { 2 } end
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[10], 's:' .. ARGV[1])
if watched(m[6], m[7], clock()) then tell(KEYS[3], KEYS[11], ARGV[1], m[7], 'gone', '') end
redis.call('DEL', KEYS[3], KEYS[4], KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[11], KEYS[12])
redis.call('HSET', KEYS[3], 'moved', ARGV[3], 'rel', 'm' .. ARGV[2])
redis.call('PEXPIRE', KEYS[3], ARGV[5])
return { 1 }
