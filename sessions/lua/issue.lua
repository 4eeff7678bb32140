-- ISSUE keeps a ticket, or has one that is there live longer.
-- KEYS  1 ticket
-- ARGV  1 life, then name and value of each field
-- returns 1
if redis.call('EXISTS', KEYS[1]) == 0 then
  for i = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
redis.call('PEXPIRE', KEYS[1], int(math.max(redis.call('PTTL', KEYS[1]), tonumber(ARGV[1]))))
return 1
