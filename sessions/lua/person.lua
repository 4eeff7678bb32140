-- PERSON tells what is kept about a session.
-- KEYS  1 state  2 lane  3 history  4 entries
-- ARGV  1 how many of the latest entries, -1 for all
-- returns {0, state, answered, how many items wait, seq and entry in turn, the last first}, {3, winner},
--       {4} it is no more
local h, flat = hash(KEYS[1])
if h.moved then return { 3, h.moved } end
if h.gone or h.closed or #flat == 0 then return { 4 } end
local entries = {}
if ARGV[1] ~= '0' then
  local ids = redis.call('ZRANGE', KEYS[3], 0, ARGV[1] - (tonumber(ARGV[1]) > 0 and 1 or 0), 'REV', 'WITHSCORES')
  for i = 1, #ids, 2 do
    local entry = redis.call('HGET', KEYS[4], ids[i])
    if entry then
      entries[#entries + 1] = ids[i + 1]
      entries[#entries + 1] = entry
    end
  end
end
return { 0, flat, answered(h, clock()), redis.call('LLEN', KEYS[2]), entries }
