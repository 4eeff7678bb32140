-- TOKENS reads how many tokens were counted today in a shard.
-- KEYS  1 tokens
-- returns the number
return tonumber(redis.call('HGET', KEYS[1], today(clock())) or 0)
