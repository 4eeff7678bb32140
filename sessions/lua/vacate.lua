-- VACATE tells whether a session has an address. One that is not there is not made by anybody for a while:
-- who is about to is sent to the heir.
-- KEYS  1 state
-- ARGV  1 address  2 heir  3 for how long
-- returns {0} it has not, {1} it has, {3, winner} it has moved, {4, heir} whoever writes is sent there
local m = redis.call('HMGET', KEYS[1], 'moved', 'gone', 'closed', 'a:' .. ARGV[1], 'new:' .. ARGV[1], 'heirs')
if m[1] then return { 3, m[1] } end
if (m[4] or m[5]) and not m[2] and not m[3] then return { 1 } end
local heir = m[6] and cjson.decode(m[6])[ARGV[1]]
if heir then return { 4, heir } end
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('HSET', KEYS[1], 'gone', 1, 'heirs', cjson.encode({ [ARGV[1]] = ARGV[2] }))
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return { 0 }
