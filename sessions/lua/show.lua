-- SHOW shows what a turn has written to those who look on.
-- KEYS  1 state  2 events  3 draft
-- ARGV  1 session  2 token  3 turn, quoted  4 how many bytes were shown before  5 what follows them
--       6 nonce, if the attempt begins, or ""
-- returns {1, how many are shown now}, {0} nobody is looking on, {2} fenced
local id, turn, now = ARGV[1], ARGV[3], clock()
local m = redis.call('HMGET', KEYS[1], 'tok', 'live', 'epoch', 'draftof', 'shower')
if m[1] ~= ARGV[2] then return { 2 } end
local epoch = watched(m[2], m[3], now)
if not epoch then return { 0 } end
if ARGV[6] ~= '' and m[5] ~= ARGV[6] then -- else it is this very call, whose answer was lost
  redis.call('HSET', KEYS[1], 'shower', ARGV[6])
  if m[4] and redis.call('DEL', KEYS[3]) == 1 then tell(KEYS[1], KEYS[2], id, epoch, 'reset', m[4]) end
end
if m[4] ~= turn then
  redis.call('HSET', KEYS[1], 'draftof', turn)
  redis.call('DEL', KEYS[3])
  tell(KEYS[1], KEYS[2], id, epoch, 'typing', turn)
end
local shown = redis.call('STRLEN', KEYS[3])
if ARGV[5] == '' or tonumber(ARGV[4]) ~= shown then return { 1, shown } end
shown = redis.call('APPEND', KEYS[3], ARGV[5])
redis.call('PEXPIRE', KEYS[3], EVENTS_LIFE)
tell(KEYS[1], KEYS[2], id, epoch, 'delta', turn .. '\n' .. ARGV[5])
return { 1, shown }
