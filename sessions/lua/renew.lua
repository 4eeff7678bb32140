-- RENEW prolongs the leases of one shard and kind.
-- KEYS  1 lease, then for each lease: state, lane
-- ARGV  for each lease: lane id, token
-- returns for each: 0 held, 1 held and the turn is stopped, 2 lost
local till, states = int(clock() + LEASE), {}
for i = 1, #ARGV, 2 do
  local id, token, state, lane = ARGV[i], ARGV[i + 1], KEYS[i + 1], KEYS[i + 2]
  local m = redis.call('HMGET', state, 'tok', 'stop', 'ver')
  local answer = 2
  if m[1] == token then
    redis.call('ZADD', KEYS[1], till, id)
    answer = 0
    if m[2] and m[3] ~= token then
      local head = redis.call('LINDEX', lane, 0)
      if head and idof(head) == m[2] then answer = 1 end
    end
  end
  states[#states + 1] = answer
end
return states
