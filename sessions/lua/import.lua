-- IMPORT adds settings that are not set yet and entries to a session, each unless its id is there.
-- KEYS  1 ready  2 state  3 history  4 entries  5 nonce
-- ARGV  1 session  2 address  3 1: make the session if it is not there  4 life of a history
--       5 most entries  6 life of the nonce  7 number of settings (each name, value), and after these each
--       entry: id, seq, entry; in the order of seq
-- returns {0, of each entry: + it is new, = it was there, - it is more than the history keeps}
--       {3, winner}, {4, heir or ""} as PUT
local m = redis.call('HMGET', KEYS[2], 'moved', 'gone', 'closed', 'a:' .. ARGV[2], 'tok', 'seq')
local elsewhere = settle(KEYS[2], ARGV[2], ARGV[3], '', '', ARGV[4], m)
if elsewhere then return elsewhere end
local before = redis.call('GET', KEYS[5])
if before then -- this very call, whose answer was lost
  redis.call('PEXPIRE', KEYS[5], ARGV[6]) -- a write, which waiting for a replica waits for
  return { 0, before }
end

local at, now = 8, clock()
for _ = 1, tonumber(ARGV[7]) do
  redis.call('HSETNX', KEYS[2], 'set:' .. ARGV[at], ARGV[at + 1])
  at = at + 2
end
local said, added, where, last = {}, {}, {}, 0
while at < #ARGV do
  local id = ARGV[at]
  if redis.call('HSETNX', KEYS[4], id, ARGV[at + 2]) == 1 then
    -- what is said from now on comes after what was said before
    last = math.max(math.min(tonumber(ARGV[at + 1]), now), last + 1)
    while redis.call('ZCOUNT', KEYS[3], int(last), int(last)) > 0 do last = last + 1 end
    added[#added + 1] = int(last)
    added[#added + 1] = id
    said[#said + 1] = '+'
    where[id] = #said
  else
    said[#said + 1] = '='
  end
  at = at + 3
end
if #added > 0 then
  redis.call('ZADD', KEYS[3], unpack(added))
  if last > (tonumber(m[6]) or 0) then redis.call('HSET', KEYS[2], 'seq', int(last)) end
  for _, id in ipairs(trim(KEYS[3], KEYS[4], tonumber(ARGV[5]))) do
    if where[id] then said[where[id]] = '-' end
  end
end
if not m[5] and not redis.call('ZSCORE', KEYS[1], ARGV[1]) then rest(KEYS[2], KEYS[3], KEYS[4], ARGV[4]) end
said = table.concat(said)
redis.call('SET', KEYS[5], said, 'PX', ARGV[6])
return { 0, said }
