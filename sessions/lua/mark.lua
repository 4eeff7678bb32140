-- MARK notes how far the head of a lane has come.
-- KEYS  1 state
-- ARGV  1 token  2 mark
-- returns 1 done, 0 fenced
if redis.call('HGET', KEYS[1], 'tok') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'mark', ARGV[2], 'crash', 0, 'open', 0)
return 1
