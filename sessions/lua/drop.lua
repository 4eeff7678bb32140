-- DROP removes items behind the head that another session has now, if nobody has written into this
-- one since it was looked at: who did may have brought these very items back, and have been told that
-- they are here. Their ids are seen no more, so that they can come back later.
-- KEYS  1 state  2 lane  3 seen
-- ARGV  1 token  2 how many  3 id of the last of them  4 joins when it was looked at
-- returns {1} done, now or before; {0} fenced; {3, join} another session, join, has written into it
local m = redis.call('HMGET', KEYS[1], 'tok', 'joins', 'join')
if m[1] ~= ARGV[1] then return { 0 } end
if (m[2] or '') ~= ARGV[4] then return { 3, m[3] } end
local last = redis.call('LINDEX', KEYS[2], ARGV[2])
if not last or idof(last) ~= ARGV[3] then return { 1 } end
for _, raw in ipairs(redis.call('LRANGE', KEYS[2], 1, ARGV[2])) do redis.call('ZREM', KEYS[3], idof(raw)) end
local head = redis.call('LINDEX', KEYS[2], 0)
redis.call('LTRIM', KEYS[2], ARGV[2] + 1, -1)
redis.call('LPUSH', KEYS[2], head)
redis.call('HSET', KEYS[1], 'turn', 1, 'got', 1)
return { 1 }
