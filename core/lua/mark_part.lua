-- Mark a part: what became of it.
-- KEYS  1 parts of the job (hash)  2 the provider's id of it (string) or nothing
-- ARGV  1 part number  2 state  3 seconds  4 job and part as JSON
-- Promise: works at the memory limit too (EXPIRE first: a write that needs no memory).
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
if KEYS[2] then
  redis.call('SET', KEYS[2], ARGV[4], 'EX', ARGV[3])
end
return 1
