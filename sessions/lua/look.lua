-- LOOK shows a session.
-- KEYS  1 state  2 lane  3 out
-- returns {state, items, out}
return { redis.call('HGETALL', KEYS[1]), redis.call('LRANGE', KEYS[2], 0, -1), redis.call('LRANGE', KEYS[3], 0, -1) }
