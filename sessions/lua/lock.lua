-- LOCK takes a lock or prolongs it.
-- KEYS  1 lock
-- ARGV  1 holder  2 life
-- returns 1 held, 0 someone else has it
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
