-- ADMITTED tells how long a pass of an address is good.
-- KEYS  1 record of the address
-- ARGV  1 hash of the pass
-- returns for how long, 0: it is not
local till = redis.call('HGET', KEYS[1], 'p:' .. ARGV[1])
return till and int(math.max(0, till - clock())) or '0'
