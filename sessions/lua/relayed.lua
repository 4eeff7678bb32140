-- RELAYED removes the first items of out, until so many are left.
-- KEYS  1 ready  2 lease  3 state  4 lane  5 out  6 history  7 entries
-- ARGV  1 session  2 signal  3 channel  4 token  5 how many are left
--       6 life of a history  7 life of what remains of a session that is gone
-- returns {1, 1 if the lane may be taken now} done, now or before; {0} fenced
local token, left, now = ARGV[4], tonumber(ARGV[5]), clock()
local m = redis.call('HMGET', KEYS[3], 'tok', 'rel')
if m[1] ~= token then
  if m[2] == 'r' .. token and left == 0 then
    redis.call('HSET', KEYS[3], 'rel', m[2]) -- a write, which waiting for a replica waits for
    return { 1, free(KEYS[1], ARGV[1], now) }
  end
  return { 0 }
end
local over = redis.call('LLEN', KEYS[5]) - left
if over > 0 then redis.call('LTRIM', KEYS[5], over, -1) end
if redis.call('EXISTS', KEYS[5]) == 1 then return { 1, 0 } end
return { 1, release(ARGV[1], KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], 'r', token, 0, now, ARGV[3], ARGV[2], function()
  rest_gone(KEYS[3], KEYS[6], KEYS[7], ARGV[6], ARGV[7])
end) }
