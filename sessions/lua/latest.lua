-- LATEST reads the end of a history: at least the last entry, and as many as have no more than so
-- many bytes of text together. An entry begins with the length of its text.
-- KEYS  1 history  2 entries
-- ARGV  1 the seq above which  2 bytes
-- returns seq, entry, seq, entry, ... from the last back
local left, list, at, step = tonumber(ARGV[2]), {}, 0, 16
while true do
  local ids = redis.call('ZRANGE', KEYS[1], '+inf', '(' .. ARGV[1], 'BYSCORE', 'REV', 'LIMIT', at, step, 'WITHSCORES')
  if #ids == 0 then return list end
  local names = {}
  for i = 1, #ids, 2 do names[#names + 1] = ids[i] end
  local entries = redis.call('HMGET', KEYS[2], unpack(names))
  for i, entry in ipairs(entries) do
    if entry then
      left = left - tonumber(string.match(entry, '^%d+'))
      if left < 0 and #list > 0 then return list end
      list[#list + 1] = ids[2 * i]
      list[#list + 1] = entry
    end
  end
  at, step = at + step, 128
end
