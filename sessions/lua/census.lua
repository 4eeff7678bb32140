-- CENSUS counts lanes and dead letters of a shard.
-- KEYS  1, 2 ready of both kinds  3, 4 lease of both kinds  5 dead
-- ARGV  1 what the keys of dead letters begin with
-- returns {ready, leased, dead}
redis.call('ZREMRANGEBYSCORE', KEYS[5], '-inf', int(clock()))
local dead = 0
for _, lane in ipairs(redis.call('ZRANGE', KEYS[5], 0, -1)) do
  dead = dead + redis.call('HLEN', ARGV[1] .. lane)
end
return {
  redis.call('ZCARD', KEYS[1]) + redis.call('ZCARD', KEYS[2]),
  redis.call('ZCARD', KEYS[3]) + redis.call('ZCARD', KEYS[4]),
  dead,
}
