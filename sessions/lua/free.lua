-- FREE tells how long it is until a place under a limit of RESERVE is free.
-- KEYS  1 limit, as RESERVE has it
-- ARGV  1 leeway
-- returns that
local next = tonumber(string.match(redis.call('GET', KEYS[1]) or '', '^%d+')) or 0
return math.max(0, next - ARGV[1] - clock())
