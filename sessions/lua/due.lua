-- DUE tells whether TAKE would find something.
-- KEYS  1 ready  2 lease
-- returns 1 or 0
local now = int(clock())
for _, key in ipairs(KEYS) do
  if redis.call('ZRANGE', key, '-inf', now, 'BYSCORE', 'LIMIT', 0, 1)[1] then return 1 end
end
return 0
