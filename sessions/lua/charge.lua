-- CHARGE counts units of what is used up under a name in a day, unless that came to too many.
-- KEYS  1 what was counted, as day by units, and the nonce of the latest call
-- ARGV  1 units  2 the most; 0: no limit  3 nonce  4 life of the key
-- returns 1 if they were counted
local day = today(clock())
if redis.call('HGET', KEYS[1], 'nonce') == ARGV[3] then return 1 end -- this very call, whose answer was lost
local used = tonumber(redis.call('HGET', KEYS[1], day) or 0)
if ARGV[2] ~= '0' and used + ARGV[1] > tonumber(ARGV[2]) then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], day, int(used + ARGV[1]), 'nonce', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
