-- PARTED lets addresses be a session's no more, if nothing of theirs waits behind its head and nobody has
-- written into it since it was looked at. Who writes from there is sent to the heir.
-- KEYS  1 state  2 lane  3 events
-- ARGV  1 session  2 token  3 joins when it was looked at  4 how many items at the head stay
--       then for each address: address, the same quoted
-- returns {1} done, {0} fenced, {2} something waits, {3, join} another session, join, has written into it
local m = redis.call('HMGET', KEYS[1], 'tok', 'joins', 'join', 'live', 'epoch')
if m[1] ~= ARGV[2] then return { 0 } end
if (m[2] or '') ~= ARGV[3] then return { 3, m[3] } end
local goes = {}
for i = 5, #ARGV, 2 do
  goes['-' .. ARGV[i + 1]], goes['!' .. ARGV[i + 1]] = true, true
end
for _, raw in ipairs(redis.call('LRANGE', KEYS[2], ARGV[4], -1)) do
  if goes[first(raw)] then return { 2 } end
end
local left = 0
for i = 5, #ARGV, 2 do left = left + redis.call('HDEL', KEYS[1], 'a:' .. ARGV[i], 'new:' .. ARGV[i]) end
if left > 0 and watched(m[4], m[5], clock()) then tell(KEYS[1], KEYS[3], ARGV[1], m[5], 'gone', '') end
return { 1 }
