-- ADOPT puts items that waited elsewhere into the lane of a session, however many wait there.
-- KEYS  1 ready  2 lease  3 state  4 lane  5 seen  6 history  7 entries
-- ARGV  1 session  2 signal  3 channel  4 life of a history
--       5 who gives them
--       6 the first address of the session, if it is to be made where it is not there, or ""
--       7, 8 day and answered it begins with
--       then for each item: id, item, how long its id is remembered
-- returns {0} done, {3, winner} it has moved, {4, ""} it is gone
local now = clock()
if ARGV[6] ~= '' and redis.call('EXISTS', KEYS[3]) == 0 then
  redis.call('HSET', KEYS[3], 'a:' .. ARGV[6], '1')
  if ARGV[7] ~= '' then redis.call('HSET', KEYS[3], 'day', ARGV[7], 'ans', ARGV[8]) end
  redis.call('PEXPIRE', KEYS[3], ARGV[4])
end
local m = redis.call('HMGET', KEYS[3], 'moved', 'gone', 'closed', 'hold', 'tok')
if m[1] then return { 3, m[1] } end
if m[2] or m[3] or redis.call('EXISTS', KEYS[3]) == 0 then return { 4, '' } end
redis.call('HINCRBY', KEYS[3], 'joins', 1)
redis.call('HSET', KEYS[3], 'join', ARGV[5])
for i = 9, #ARGV, 3 do
  if not seen_before(KEYS[5], ARGV[i], now) then
    redis.call('RPUSH', KEYS[4], ARGV[i + 1])
    redis.call('HSET', KEYS[3], 'at', int(now))
    see(KEYS[5], ARGV[i], tonumber(ARGV[i + 2]), now)
  end
end
if not m[5] and not redis.call('ZSCORE', KEYS[1], ARGV[1]) and redis.call('EXISTS', KEYS[4]) == 1 then
  redis.call('PERSIST', KEYS[3])
  redis.call('PEXPIRE', KEYS[5], SEEN_LIFE)
  redis.call('PERSIST', KEYS[6])
  redis.call('PERSIST', KEYS[7])
  wake(KEYS[1], ARGV[1], now, m[4], now, ARGV[3], ARGV[2])
end
return { 0 }
