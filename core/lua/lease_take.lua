-- Take a lease that nobody holds.
-- KEYS  1 lease    ARGV  1 token  2 ms
-- Returns 1 when it is ours (also when a first try took it and its answer was lost), 0 while another holds it.
-- Promise: works at the memory limit too, or nobody could work off what fills it: a write that needs no memory goes
-- first, after which Redis lets a script go on.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  return 0
end
redis.call('PERSIST', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
