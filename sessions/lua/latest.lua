-- LATEST reads the end of a history.
-- KEYS  1 history  2 entries
-- ARGV  1 the seq above which  2 bytes
-- returns what latest does
return latest(KEYS[1], KEYS[2], ARGV[1], ARGV[2])
