-- PUT puts an item into a lane, unless it was there before or the lane is full.
-- KEYS  1 ready  2 lease  3 state  4 lane  5 seen, then of an address  6 record  7 mark
--       and of a session  6 out  7 history  8 entries  9 events
-- ARGV  1 lane id  2 signal  3 channel  4 kind  5 item's id  6 item  7 how long its id is remembered
--       8 hold  9 the most of a row of holds  10 most items  11 nonce  12 1: lease the lane if idle
--       and of a session  13 the item's address  14 1: make the session if it is not there
--       15, 16 day and answered to begin with  17 life of a history  18 setting of the language
--       19 how many bytes of the history a lease is to have
-- returns {0, wait, description of the lease or nothing} accepted
--         {1} duplicate
--         {2, 1 for the first time, language} full
--         {3, winner}, {4, heir or ""}: try there; see whose
local kind, now = ARGV[4], clock()
local m = redis.call('HMGET', KEYS[3], 'moved', 'gone', 'closed', 'a:' .. (ARGV[13] or ''), 'put', 'tok', 'hold', 'holdfrom',
  'live', 'epoch')
local elsewhere = kind == 's' and settle(KEYS[3], ARGV[13], ARGV[14], ARGV[15], ARGV[16], ARGV[17], m)
if elsewhere then return elsewhere end
return admit(0, 0, m[5], m[6], m[7], m[8], watched(m[9], m[10], now), now)
