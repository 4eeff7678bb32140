-- REPOINT lets an address belong to another session, if it still belongs to a certain one.
-- KEYS  1 record of the address  2 its lane
-- ARGV  1 the session it belongs to  2 the other, or "" for none, where nothing is left of the record
--       3 1: whatever else is known of it is forgotten, but that it wants silence, as long as something
--       waits there
-- returns 1 done, 0 it belongs to another already
if redis.call('HGET', KEYS[1], 'session') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then
  redis.call('HDEL', KEYS[1], 'session')
else
  redis.call('HSET', KEYS[1], 'session', ARGV[2])
end
if ARGV[3] == '1' then
  for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
    local kept = field == 'session' or field == 'silent' and redis.call('EXISTS', KEYS[2]) == 1
    if not kept then redis.call('HDEL', KEYS[1], field) end
  end
end
return 1
