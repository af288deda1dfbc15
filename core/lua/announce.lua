-- Announce: a process says that it works.
-- KEYS  1 processes of its kind (hash)    ARGV  1 name  2 since when and with what (JSON)
-- Promise: works at the memory limit too, or the others would take the work of all (PERSIST first: no memory needed).
redis.call('PERSIST', KEYS[1])
return redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
