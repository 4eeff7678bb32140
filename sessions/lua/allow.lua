-- ALLOW takes the place of now under a limit of RESERVE, if it is free.
-- KEYS  1 limit, as RESERVE has it
-- ARGV  1 every  2 leeway  3 nonce
-- returns 0, or how long it is until a place is free
local now = clock()
local next, nonce = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%S*) %d+$')
if nonce == ARGV[3] then return 0 end -- this very call, whose answer was lost
next = math.max(tonumber(next) or 0, now)
if next - ARGV[2] > now then return next - ARGV[2] - now end
next = next + ARGV[1]
redis.call('SET', KEYS[1], int(next) .. ' ' .. ARGV[3] .. ' ' .. int(now), 'PX', int(math.ceil((next - now) / 1000) + 1))
return 0
