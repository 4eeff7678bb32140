-- ADMIT gives an address a pass.
-- KEYS  1 record of the address
-- ARGV  1 hash of the pass  2 its life  3 most passes
-- returns 1
local now = clock()
redis.call('HSET', KEYS[1], 'p:' .. ARGV[1], int(now + ARGV[2] * 1000))
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
local passes, flat = {}, redis.call('HGETALL', KEYS[1])
for i = 1, #flat, 2 do
  if string.sub(flat[i], 1, 2) == 'p:' then passes[#passes + 1] = { flat[i], tonumber(flat[i + 1]) } end
end
table.sort(passes, function(a, b) return a[2] > b[2] end)
for i, pass in ipairs(passes) do
  if (i > tonumber(ARGV[3]) or pass[2] <= now) and pass[1] ~= 'p:' .. ARGV[1] then redis.call('HDEL', KEYS[1], pass[1]) end
end
return 1
