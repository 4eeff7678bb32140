-- POST puts an item into the lane of a session as PUT does, whosever it is.
-- KEYS, ARGV  those of PUT for a session
-- returns what PUT does, but {4} where the session is no more
local now = clock()
local m = redis.call('HMGET', KEYS[3], 'moved', 'gone', 'closed', 'put', 'tok', 'hold', 'holdfrom')
if m[1] then return { 3, m[1] } end
if m[2] or m[3] or redis.call('EXISTS', KEYS[3]) == 0 then return { 4 } end
return admit(0, 0, m[4], m[5], m[6], m[7], nil, now)
