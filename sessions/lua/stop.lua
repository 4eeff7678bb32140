-- STOP marks the turn at the head of a session's lane as stopped.
-- KEYS  1 ready  2 lease  3 state  4 lane  5 seen
-- ARGV  1 session  2 signal  3 channel  4 turn's id, or "" for whatever it is  5 id of the stop
--       6 how long that is remembered  7 nonce  8 address
-- returns {0, turn} stopped, {1} seen before, {2} no such turn; {3, winner}, {4, heir or ""} as PUT
local id, now = ARGV[1], clock()
local no = whose(KEYS[3], ARGV[8], redis.call('HMGET', KEYS[3], 'moved', 'gone', 'closed', 'a:' .. ARGV[8]))
if no then return no end
if seen_before(KEYS[5], ARGV[5], now) then
  local m = redis.call('HMGET', KEYS[3], 'stopper', 'stop')
  if m[1] == ARGV[7] and m[2] then return { 0, m[2] } end
  return { 1 }
end
local head = redis.call('LINDEX', KEYS[4], 0)
local turn = head and idof(head)
if not turn or ARGV[4] ~= '' and ARGV[4] ~= turn then return { 2 } end
see(KEYS[5], ARGV[5], tonumber(ARGV[6]), now)
redis.call('HSET', KEYS[3], 'stop', turn, 'stopper', ARGV[7])
redis.call('PUBLISH', ARGV[3], ARGV[2] .. ' ' .. id .. ' ' .. turn)
local readyat = redis.call('ZSCORE', KEYS[1], id)
if readyat and tonumber(readyat) > now then
  redis.call('HDEL', KEYS[3], 'hold')
  wake(KEYS[1], id, now, 0, now, ARGV[3], ARGV[2])
end
return { 0, turn }
