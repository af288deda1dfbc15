-- Alone: count that an entry is handed out alone after a death.
-- KEYS  1 counter    ARGV  1 seconds
-- Returns how often it was, this time included. Works at the memory limit too (EXPIRE first).
redis.call('EXPIRE', KEYS[1], ARGV[1])
local times = redis.call('INCR', KEYS[1])
redis.call('EXPIRE', KEYS[1], ARGV[1])
return times
