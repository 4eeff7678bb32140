-- EXPECT has a session expect an address, which is its own as soon as it writes, or says that it is by now
-- or will not be.
-- KEYS  1 state
-- ARGV  1 token  2 address  3 "new" expected, "own" its own, "no" not any more
-- returns 1 done, 0 fenced, 2 the session is gone
local new, own = 'new:' .. ARGV[2], 'a:' .. ARGV[2]
local m = redis.call('HMGET', KEYS[1], 'tok', 'gone', own)
if m[1] ~= ARGV[1] then return 0 end
if m[2] then return 2 end
if ARGV[3] == 'new' then
  if not m[3] then redis.call('HSET', KEYS[1], new, '1') end
  return 1
end
redis.call('HDEL', KEYS[1], new)
if ARGV[3] == 'own' then redis.call('HSET', KEYS[1], own, '1') end
return 1
