-- SIGHT shows what there is to see of a session, and has its events kept from now on.
-- KEYS  1 state  2 lane  3 history  4 entries  5 events  6 draft
-- ARGV  1 session  2 address  3 signal  4 channel  5 for how long events are kept
--       6 epoch and 7 number of the event after which they are wanted, or "" for none
--       8 how many latest entries are wanted
--       9 1: make the session if it is not there  10, 11 day and answered to begin with
--       12 life of a history
-- returns {0, epoch, number of the last event, 1 if not all events are known, events, seq and entry of the
--       latest in turn, the last first, items that wait, turn that is being answered in sight, quoted, or
--       "", its answer so far}; {3, winner}, {4, heir or ""} as PUT
local id, now = ARGV[1], clock()
local m = redis.call('HMGET', KEYS[1], 'moved', 'gone', 'closed', 'a:' .. ARGV[2], 'live', 'epoch', 'eventseq', 'draftof')
local elsewhere = settle(KEYS[1], ARGV[2], ARGV[9], ARGV[10], ARGV[11], ARGV[12], m)
if elsewhere then return elsewhere end

local epoch, seq, turn = m[6], tonumber(m[7]), m[8]
if watched(m[5], m[6], now) then
  redis.call('HSET', KEYS[1], 'live', int(now + ARGV[5]))
else
  epoch, seq, turn = int(now), 0, false
  redis.call('DEL', KEYS[5], KEYS[6])
  redis.call('HDEL', KEYS[1], 'draftof')
  redis.call('HSET', KEYS[1], 'live', int(now + ARGV[5]), 'epoch', epoch, 'eventseq', 0)
  redis.call('PUBLISH', ARGV[4], ARGV[3] .. ' ' .. id)
end
local missed, events = 0, {}
if ARGV[7] ~= '' then
  local n = seq - ARGV[7]
  if ARGV[6] ~= epoch or n < 0 or n > redis.call('LLEN', KEYS[5]) then
    missed = 1
  elseif n > 0 then
    events = redis.call('LRANGE', KEYS[5], -n, -1)
  end
end
local entries, items = {}, {}
if tonumber(ARGV[8]) > 0 then
  local ids = redis.call('ZRANGE', KEYS[3], 0, ARGV[8] - 1, 'REV', 'WITHSCORES')
  for i = 1, #ids, 2 do
    local entry = redis.call('HGET', KEYS[4], ids[i])
    if entry then
      entries[#entries + 1] = ids[i + 1]
      entries[#entries + 1] = entry
    end
  end
  items = redis.call('LRANGE', KEYS[2], 0, -1)
end
return { 0, epoch, seq, missed, events, entries, items, turn or '', turn and redis.call('GET', KEYS[6]) or '' }
