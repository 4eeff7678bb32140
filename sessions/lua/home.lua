-- HOME finds the session of an address about which something is imported, or makes it one.
-- KEYS  1 record of the address  2 its mark
-- ARGV  1 a fresh session id  2 a session that is known to be gone, or ""  3 who has its things, or ""
--       4 life of the record
-- returns {session}, {""} where the address was forgotten
if redis.call('HEXISTS', KEYS[2], 'at') == 1 then return { '' } end
local session = redis.call('HGET', KEYS[1], 'session')
if not session or session == ARGV[2] then
  session = ARGV[1]
  if ARGV[3] ~= '' then session = ARGV[3] end
  redis.call('HSET', KEYS[1], 'session', session)
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return { session }
