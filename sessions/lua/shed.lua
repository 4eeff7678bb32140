-- SHED removes from a session what another one has now, as DROP does: items, whose ids are seen no more
-- here, and entries.
-- KEYS  1 state  2 lane  3 seen  4 history  5 entries
-- ARGV  1 token  2 joins when it was looked at  3 how many items at the head stay that are the turn now, or
--       "" if the turn is as it was  4 number of items that go  5 of ids of items  6 of ids of entries
--       then these
-- returns {1} done, {0} fenced, {3, join} another session, join, has written into it
local m = redis.call('HMGET', KEYS[1], 'tok', 'joins', 'join')
if m[1] ~= ARGV[1] then return { 0 } end
if (m[2] or '') ~= ARGV[2] then return { 3, m[3] } end
local at = 7
for _ = 1, tonumber(ARGV[4]) do
  redis.call('LREM', KEYS[2], -1, ARGV[at])
  at = at + 1
end
for _ = 1, tonumber(ARGV[5]) do
  redis.call('ZREM', KEYS[3], ARGV[at])
  at = at + 1
end
for _ = 1, tonumber(ARGV[6]) do
  redis.call('ZREM', KEYS[4], ARGV[at])
  redis.call('HDEL', KEYS[5], ARGV[at])
  at = at + 1
end
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'turn', ARGV[3], 'got', ARGV[3]) end
return { 1 }
