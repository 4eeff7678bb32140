-- REDEEM marks a ticket as used.
-- KEYS  1 ticket
-- ARGV  1 holder
-- returns {1, ticket} done, {0} there is none, {2} another has used it
local t, flat = hash(KEYS[1])
if #flat == 0 then return { 0 } end
if (t.used or '') ~= '' and t.used ~= ARGV[1] then return { 2 } end
redis.call('HSET', KEYS[1], 'used', ARGV[1])
return { 1, redis.call('HGETALL', KEYS[1]) }
