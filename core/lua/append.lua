-- Claim and append: an update is accepted once, however often it is delivered.
-- KEYS  1 seen (string)  2 stream  3 tally (hash)
-- ARGV  1 seconds to remember the claim  2 photos that are accepted with it, then the entry's fields: name, value, ...
-- Returns 1 when appended, 0 when it was seen before.
-- Promise: claim and entry stand or fall together. At the memory limit the SET fails first and nothing is claimed.
if redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
redis.call('SET', KEYS[1], '1', 'EX', ARGV[1])
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 3))
if tonumber(ARGV[2]) > 0 then
  redis.call('HINCRBY', KEYS[3], 'accepted', ARGV[2])
end
return 1
