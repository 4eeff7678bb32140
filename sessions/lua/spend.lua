-- SPEND counts tokens towards those of today.
-- KEYS  1 tokens
-- ARGV  1 tokens  2 life of the count of tokens
-- returns 1
spend(KEYS[1], tonumber(ARGV[1]), ARGV[2], clock())
return 1
