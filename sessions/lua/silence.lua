-- SILENCE sets or lifts that an address wants silence.
-- KEYS  1 record of the address  2 its mark
-- ARGV  1 1: it does not any more
-- returns 1
if ARGV[1] == '1' then
  redis.call('HDEL', KEYS[1], 'silent')
  redis.call('HDEL', KEYS[2], 'silent')
else
  redis.call('HSET', KEYS[2], 'silent', 1)
  hush(KEYS[1], KEYS[2])
end
return 1
