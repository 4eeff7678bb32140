-- LATER gives a lease back; what it is over stays.
-- KEYS  1 ready  2 lease  3 state  4 lane, and of a session  5 out  6 history  7 entries
-- ARGV  1 lane id  2 signal  3 channel  4 kind  5 token  6 delay  7 mark, or ""  8 1: trouble
--       9 life of an idle state  10 life of what remains of a session that is gone
-- returns {1, 1 if the lane may be taken now} given back, now or before; {0} fenced
local now = clock()
local m = redis.call('HMGET', KEYS[3], 'tok', 'rel', 'ver')
if m[1] ~= ARGV[5] then
  if m[2] == 'l' .. ARGV[5] then return { 1, free(KEYS[1], ARGV[1], now) } end
  return { 0 }
end
if m[3] ~= ARGV[5] and redis.call('EXISTS', KEYS[4]) == 1 then -- the head is still the one it was over
  if ARGV[7] ~= '' then redis.call('HSET', KEYS[3], 'mark', ARGV[7]) end
  if ARGV[8] == '1' then redis.call('HSETNX', KEYS[3], 'delay', int(now)) end
end
return { 1, release(ARGV[1], KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], 'l', ARGV[5], tonumber(ARGV[6]), now, ARGV[3], ARGV[2], function()
  if ARGV[4] == 'a' then
    redis.call('PEXPIRE', KEYS[3], ARGV[9])
  else
    rest_gone(KEYS[3], KEYS[6], KEYS[7], ARGV[9], ARGV[10])
  end
end) }
