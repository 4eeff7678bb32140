-- CHARGED reads how many units were counted under a name today.
-- KEYS  1 what was counted, as CHARGE has it
-- returns the number
return tonumber(redis.call('HGET', KEYS[1], today(clock())) or 0)
