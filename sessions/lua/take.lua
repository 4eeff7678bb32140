-- TAKE leases the lane of a shard that has waited longest, one whose lease has run out first.
-- KEYS  1 ready  2 lease  3 nonce
-- ARGV  1 kind  2 nonce  3 life of the nonce
--       what the keys of a lane begin with: 4 state  5 lane  6 out of a session, record of an address
--       and of a session  7 history  8 entries  9 how many bytes of the history a lease is to have
-- returns the description of the lease, or nothing
local kind, nonce, now = ARGV[1], ARGV[2], clock()
local before = redis.call('GET', KEYS[3])
if before then -- this very call, whose answer was lost
  local h = hash(ARGV[4] .. before)
  if h.tok == nonce then
    return describe_again(kind, before, h, ARGV[5] .. before, ARGV[6] .. before, { ARGV[7] .. before, ARGV[8] .. before, ARGV[9] }, now)
  end
end
while true do
  local expired = true
  local found = redis.call('ZRANGE', KEYS[2], '-inf', int(now), 'BYSCORE', 'LIMIT', 0, 1)
  if not found[1] then
    expired = false
    found = redis.call('ZRANGE', KEYS[1], '-inf', int(now), 'BYSCORE', 'LIMIT', 0, 1)
  end
  local id = found[1]
  if not id then return false end
  local lane, other = ARGV[5] .. id, ARGV[6] .. id
  redis.call('ZREM', expired and KEYS[2] or KEYS[1], id)
  local items = redis.call('LRANGE', lane, 0, HEAD - 1)
  if items[1] or kind == 's' and redis.call('EXISTS', other) == 1 then
    redis.call('SET', KEYS[3], id, 'PX', ARGV[3])
    local past = { ARGV[7] .. id, ARGV[8] .. id, ARGV[9] }
    return lease(kind, id, KEYS[1], KEYS[2], ARGV[4] .. id, lane, items, other, past, nonce, expired, now)
  end
  -- nothing is there, as after a restart of Redis that lost its last second: on to the next
end
