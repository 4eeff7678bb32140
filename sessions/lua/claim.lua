-- CLAIM lets an address belong to a session, if it belongs to none, or to a certain one.
-- KEYS  1 record of the address
-- ARGV  1 the session  2 the other, or ""  3 life of the record
-- returns whose it is then
local has = redis.call('HGET', KEYS[1], 'session')
if has and has ~= ARGV[1] and has ~= ARGV[2] then return has end
redis.call('HSET', KEYS[1], 'session', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return ARGV[1]
