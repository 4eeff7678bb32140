-- RESERVE takes the next place under a limit: the generic cell rate algorithm, but one that says when
-- the place is instead of "not now". With the latter, all who wait would ask again and again.
-- KEYS  1 limit: "when the place after the last is, the nonce of who has the last, when that one is"
-- ARGV  1 every  2 leeway: how far ahead of its pace the limit may be  3 nonce
-- returns how long it is until the place
local now, every = clock(), tonumber(ARGV[1])
local next, nonce, place = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%S*) (%d+)$')
if nonce == ARGV[3] then return math.max(0, place - now) end -- this very call, whose answer was lost
next = math.max(tonumber(next) or 0, now)
place = math.max(now, next - ARGV[2])
next = next + every
redis.call('SET', KEYS[1], int(next) .. ' ' .. ARGV[3] .. ' ' .. int(place), 'PX', int(math.ceil((next - now) / 1000) + 1))
return math.max(0, place - now)
