-- REPOINT lets an address belong to another session, if it still belongs to a certain one.
-- KEYS  1 record of the address
-- ARGV  1 the session it belongs to  2 the other, or "" for none, where nothing is left of the record
--       3 1: whatever else is known of it is forgotten
-- returns 1 done, 0 it belongs to another already
if redis.call('HGET', KEYS[1], 'session') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
else
  redis.call('HSET', KEYS[1], 'session', ARGV[2])
  if ARGV[3] == '1' then
    for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
      if field ~= 'session' then redis.call('HDEL', KEYS[1], field) end
    end
  end
end
return 1
