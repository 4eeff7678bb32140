-- GONE deletes everything of a session but what is to be relayed, and that it is gone.
-- KEYS  1 ready  2 lease  3 state  4 lane  5 out  6 seen  7 history  8 entries  9 letters  10 dead
--       11 events  12 draft
-- ARGV  1 session  2 token  3 life of what remains, then the items to send
-- returns {1, out} done, {0} fenced
local id, token, now = ARGV[1], ARGV[2], clock()
local m = redis.call('HMGET', KEYS[3], 'tok', 'ver', 'closed', 'live', 'epoch')
if m[2] == token then return { 1, redis.call('LRANGE', KEYS[5], 0, -1) } end
if m[1] ~= token or not m[3] then return { 0 } end
for i = 4, #ARGV do redis.call('RPUSH', KEYS[5], ARGV[i]) end
redis.call('ZREM', KEYS[10], 's:' .. id)
if watched(m[4], m[5], now) then tell(KEYS[3], KEYS[11], id, m[5], 'gone', '') end
redis.call('DEL', KEYS[3], KEYS[4], KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[11], KEYS[12])
local out = redis.call('LRANGE', KEYS[5], 0, -1)
redis.call('HSET', KEYS[3], 'gone', 1, 'ver', token)
if #out > 0 then
  redis.call('HSET', KEYS[3], 'tok', token, 'got', 0, 'open', 0)
  redis.call('ZADD', KEYS[2], int(now + LEASE), id)
else
  redis.call('HSET', KEYS[3], 'rel', 'v' .. token)
  redis.call('ZREM', KEYS[2], id)
  redis.call('PEXPIRE', KEYS[3], ARGV[3])
end
return { 1, out }
