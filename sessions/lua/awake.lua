-- AWAKE lets a session that sleeps be taken.
-- KEYS  1 ready  2 state
-- ARGV  1 session  2 signal  3 channel
-- returns 1
if redis.call('HDEL', KEYS[2], 'asleep') == 0 then return 1 end
redis.call('HDEL', KEYS[2], 'hold', 'holdfrom')
local now = clock()
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then wake(KEYS[1], ARGV[1], now, 0, now, ARGV[3], ARGV[2]) end
return 1
