-- NOTE replaces the note of a ticket, if it is there.
-- KEYS  1 ticket
-- ARGV  1 note
-- returns 1
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'note', ARGV[1]) end
return 1
