-- FOUND makes a session for addresses that leave another one, if it is not there. It is asleep until AWAKE.
-- KEYS  1 ready  2 state
-- ARGV  1 session  2 life of a history  3 for how long it sleeps at most, then name and value of each field
--       of its state
-- returns {0} it is there, {3, winner} it has moved, {4, ""} it is gone
local m = redis.call('HMGET', KEYS[2], 'moved', 'gone', 'closed', 'asleep')
if m[1] then return { 3, m[1] } end
if m[2] or m[3] then return { 4, '' } end
if redis.call('EXISTS', KEYS[2]) == 0 then
  for i = 4, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
  redis.call('PEXPIRE', KEYS[2], ARGV[2])
elseif not m[4] then
  return { 0 }
end
local till = int(clock() + ARGV[3])
redis.call('HSET', KEYS[2], 'asleep', 1, 'hold', till)
redis.call('ZADD', KEYS[1], 'XX', till, ARGV[1])
return { 0 }
