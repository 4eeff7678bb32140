-- REMEMBER leaves a mark of an address that is forgotten. Its lane goes, but for what waits there;
-- what is known of that goes when it is dealt with.
-- KEYS  1 mark  2 lease  3 state  4 lane  5 seen  6 letters  7 dead
-- ARGV  1 address  2 before when what was written is forgotten, or ""  3 keyed hash of the id of what
--       asked for it  4, 5 day and how many turns were answered on it
-- returns 1
redis.call('HSET', KEYS[1], 'at', ARGV[2] ~= '' and ARGV[2] or int(clock()), 'last', ARGV[3], 'day', ARGV[4], 'ans', ARGV[5])
redis.call('DEL', KEYS[6])
redis.call('ZREM', KEYS[7], 'a:' .. ARGV[1])
if redis.call('EXISTS', KEYS[4]) == 1 or redis.call('ZSCORE', KEYS[2], ARGV[1]) then
  redis.call('HSET', KEYS[3], 'erase', 1)
else
  redis.call('DEL', KEYS[3], KEYS[5])
end
return 1
