-- UNLOCK gives a lock back.
-- KEYS  1 lock
-- ARGV  1 holder
-- returns 1 given back, 0 someone else has it
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
