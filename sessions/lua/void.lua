-- VOID deletes a ticket.
-- KEYS  1 ticket
-- returns 1
redis.call('DEL', KEYS[1])
return 1
