-- Announce: a process says that it works.
-- KEYS  1 processes of its kind (hash)    ARGV  1 name  2 with what (JSON; `at`, when it said so, is Redis's own time in ms)
-- Promise: works at the memory limit too, or the others would take the work of all (PERSIST first: no memory needed).
redis.call('PERSIST', KEYS[1])
local time = redis.call('TIME')
local said = cjson.decode(ARGV[2])
said.at = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(said))
