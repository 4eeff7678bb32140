-- JOIN gives a session a part of what another one has.
-- KEYS  1 ready  2 lease  3 state  4 seen  5 history  6 entries  7 letters  8 dead
-- ARGV  1 the session that gets  2 the session that gives  3 life of a history  4 most entries
--       5 "day count" of the giver's answered, or ""  6 its last seq  7 its at
--       8 number of fields of its state (each name, value)  9 of entries (each id, seq or "" for one that
--       is said now, entry)  10 of seen ids (each id, until when)  11 of dead letters (each id, letter)
--       then these
-- returns {0} done, {3, winner} it has moved, {4, ""} it is gone
local now = clock()
local m = redis.call('HMGET', KEYS[3], 'moved', 'gone', 'closed', 'seq', 'tok', 'at')
if m[1] then return { 3, m[1] } end
if m[2] or m[3] then return { 4, '' } end
-- who joins elsewhere sees by this that there is more to bring there, and who brought it
redis.call('HINCRBY', KEYS[3], 'joins', 1)
redis.call('HSET', KEYS[3], 'join', ARGV[2])
if ARGV[5] ~= '' then redis.call('HSET', KEYS[3], 'ans:' .. ARGV[2], ARGV[5]) end
local last = math.max(tonumber(m[4]) or 0, tonumber(ARGV[6]))
local active = math.max(tonumber(m[6]) or 0, tonumber(ARGV[7]))
if active > 0 then redis.call('HSET', KEYS[3], 'at', int(active)) end

local at = 12
for _ = 1, tonumber(ARGV[8]) do
  redis.call('HSETNX', KEYS[3], ARGV[at], ARGV[at + 1])
  at = at + 2
end
for _ = 1, tonumber(ARGV[9]) do
  if redis.call('HSETNX', KEYS[6], ARGV[at], ARGV[at + 2]) == 1 then
    local seq = tonumber(ARGV[at + 1])
    if not seq then
      seq = math.max(now, last + 1)
      last = seq
    end
    while redis.call('ZCOUNT', KEYS[5], int(seq), int(seq)) > 0 do seq = seq + 1 end
    redis.call('ZADD', KEYS[5], int(seq), ARGV[at])
  end
  at = at + 3
end
redis.call('HSET', KEYS[3], 'seq', int(last))
trim(KEYS[5], KEYS[6], tonumber(ARGV[4]))
for _ = 1, tonumber(ARGV[10]) do
  redis.call('ZADD', KEYS[4], 'GT', ARGV[at + 1], ARGV[at])
  at = at + 2
end
redis.call('PEXPIRE', KEYS[4], SEEN_LIFE)
for _ = 1, tonumber(ARGV[11]) do
  redis.call('HSETNX', KEYS[7], ARGV[at], ARGV[at + 1])
  at = at + 2
end
if tonumber(ARGV[11]) > 0 then
  redis.call('PEXPIRE', KEYS[7], ARGV[3])
  redis.call('ZADD', KEYS[8], int(now + ARGV[3] * 1000), 's:' .. ARGV[1])
end
if not m[5] and not redis.call('ZSCORE', KEYS[1], ARGV[1]) then rest(KEYS[3], KEYS[5], KEYS[6], ARGV[3]) end
return { 0 }
