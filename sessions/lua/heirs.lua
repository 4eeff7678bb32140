-- HEIRS says who gets what waits in a session that is being forgotten.
-- KEYS  1 state
-- ARGV  1 token, then for each address with something that waits: address, fresh session id, an heir
--       that is gone itself, or ""
-- returns {1, heir of each} in their order, the same each time; {0} fenced
if redis.call('HGET', KEYS[1], 'tok') ~= ARGV[1] then return { 0 } end
local heirs, answer = cjson.decode(redis.call('HGET', KEYS[1], 'heirs') or '{}'), { 1 }
for i = 2, #ARGV, 3 do
  local heir = heirs[ARGV[i]]
  if not heir or heir == ARGV[i + 2] then heir = ARGV[i + 1] end
  heirs[ARGV[i]] = heir
  answer[#answer + 1] = heir
end
redis.call('HSET', KEYS[1], 'heirs', cjson.encode(heirs))
return answer
