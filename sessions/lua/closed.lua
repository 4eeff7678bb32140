-- CLOSED lets nothing more into a session that is being forgotten, if nothing waits behind its head
-- and nobody has written into it since it was looked at.
-- KEYS  1 state  2 lane
-- ARGV  1 token  2 joins when it was looked at
-- returns {1} done, {0} fenced, {2} something waits, {3, join} another session, join, has written into it
local m = redis.call('HMGET', KEYS[1], 'tok', 'joins', 'join')
if m[1] ~= ARGV[1] then return { 0 } end
if (m[2] or '') ~= ARGV[2] then return { 3, m[3] } end
if redis.call('LLEN', KEYS[2]) ~= 1 then return { 2 } end
redis.call('HSET', KEYS[1], 'closed', 1)
return { 1 }
