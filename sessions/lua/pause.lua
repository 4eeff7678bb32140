-- PAUSE lets nobody through under a limit for a while.
-- KEYS  1 limit
-- ARGV  1 until the place after the last may be: how long from now
-- returns 1
local now = clock()
local next = now + ARGV[1]
local have = tonumber(string.match(redis.call('GET', KEYS[1]) or '', '^%d+'))
if have and have >= next then return 1 end
redis.call('SET', KEYS[1], int(next) .. ' - 0', 'PX', int(math.ceil(ARGV[1] / 1000) + 1))
return 1
