-- ANNOUNCE tells those who look on a session of an entry that is not in its history.
-- KEYS  1 state  2 events
-- ARGV  1 session  2 address  3 entry
-- returns 1
local m = redis.call('HMGET', KEYS[1], 'a:' .. ARGV[2], 'live', 'epoch')
local epoch = m[1] and watched(m[2], m[3], clock())
if epoch then tell(KEYS[1], KEYS[2], ARGV[1], epoch, 'entry', ARGV[3]) end
return 1
