-- JOIN gives a session a part of what another one has.
-- KEYS  1 ready  2 lease  3 state  4 seen  5 history  6 entries  7 letters  8 dead
-- ARGV  1 the session that gets  2 the session that gives  3 life of a history  4 most entries
--       5 "day count" of the giver's answered, or ""  6 its last seq
--       7 number of fields of its state (each name, value)  8 of entries (each id, seq, entry)
--       9 of seen ids (each id, until when)  10 of dead letters (each id, letter)
--       then these
-- returns {0} done, {3, winner} it has moved, {4, ""} it is gone
local now = clock()
local m = redis.call('HMGET', KEYS[3], 'moved', 'gone', 'closed', 'seq', 'tok')
if m[1] then return { 3, m[1] } end
if m[2] or m[3] then return { 4, '' } end
-- who joins elsewhere sees by this that there is more to bring there, and who brought it
redis.call('HINCRBY', KEYS[3], 'joins', 1)
redis.call('HSET', KEYS[3], 'join', ARGV[2], 'was:' .. ARGV[2], '1')
if ARGV[5] ~= '' then redis.call('HSET', KEYS[3], 'ans:' .. ARGV[2], ARGV[5]) end
redis.call('HSET', KEYS[3], 'seq', int(math.max(tonumber(m[4]) or 0, tonumber(ARGV[6]))))

local at = 11
for _ = 1, tonumber(ARGV[7]) do
  redis.call('HSETNX', KEYS[3], ARGV[at], ARGV[at + 1])
  at = at + 2
end
for _ = 1, tonumber(ARGV[8]) do
  if redis.call('HSETNX', KEYS[6], ARGV[at], ARGV[at + 2]) == 1 then
    local seq = tonumber(ARGV[at + 1])
    while redis.call('ZCOUNT', KEYS[5], int(seq), int(seq)) > 0 do seq = seq + 1 end
    redis.call('ZADD', KEYS[5], int(seq), ARGV[at])
  end
  at = at + 3
end
trim(KEYS[5], KEYS[6], tonumber(ARGV[4]))
for _ = 1, tonumber(ARGV[9]) do
  redis.call('ZADD', KEYS[4], 'GT', ARGV[at + 1], ARGV[at])
  at = at + 2
end
redis.call('PEXPIRE', KEYS[4], SEEN_LIFE)
for _ = 1, tonumber(ARGV[10]) do
  redis.call('HSETNX', KEYS[7], ARGV[at], ARGV[at + 1])
  at = at + 2
end
if tonumber(ARGV[10]) > 0 then
  redis.call('PEXPIRE', KEYS[7], ARGV[3])
  redis.call('ZADD', KEYS[8], int(now + ARGV[3] * 1000), 's:' .. ARGV[1])
end
if not m[5] and not redis.call('ZSCORE', KEYS[1], ARGV[1]) then rest(KEYS[3], KEYS[5], KEYS[6], ARGV[3]) end
return { 0 }
