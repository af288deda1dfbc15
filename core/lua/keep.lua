-- Keep: small values that accepted work needs.
-- KEYS  strings    ARGV  for each: value, ms
-- Promise: all or none, at the memory limit too (PERSIST first: a write that needs no memory, after which Redis lets
--          a script go on).
redis.call('PERSIST', KEYS[1])
for i, key in ipairs(KEYS) do
  redis.call('SET', key, ARGV[2 * i - 1], 'PX', ARGV[2 * i])
end
return #KEYS
