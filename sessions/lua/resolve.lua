-- RESOLVE finds the session of an address that writes, or makes it one. It is blocked no longer.
-- KEYS  1 record of the address  2 mark of its forgetting
-- ARGV  1 a fresh session id  2 a session that is known to be gone, or ""  3 who has its things, or ""
--       4 when the item was written, or ""  5 keyed hash of the item's id  6 life of the record
-- returns {session, forgotten, at, last, day, answered}: forgotten is 1 if the item is from before the
--       address was forgotten, and session then "" where there is none; at and last are what tells so,
--       day and answered what a fresh session begins with, all "" where it never was forgotten.
local mark = redis.call('HMGET', KEYS[2], 'at', 'last', 'day', 'ans')
local session = redis.call('HGET', KEYS[1], 'session')
if mark[1] and (mark[2] == ARGV[5] or ARGV[4] ~= '' and tonumber(ARGV[4]) < tonumber(mark[1])) then
  return { session or '', 1, mark[1], mark[2], '', '' }
end
if not session or session == ARGV[2] then
  session = ARGV[1]
  if ARGV[3] ~= '' then session = ARGV[3] end
  redis.call('HSET', KEYS[1], 'session', session)
end
redis.call('HDEL', KEYS[1], 'blocked')
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return { session, 0, mark[1] or '', mark[2] or '', mark[3] or '', mark[4] or '' }
