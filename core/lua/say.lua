-- Say: something that ends no entry (that a search takes longer, an alarm), once.
-- KEYS  1 claim (string)  2 stream    ARGV  1 seconds to remember the claim, then the entry's fields: name, value, ...
-- Returns 1 when appended, 0 when it was said before. Works at the memory limit too (PERSIST first: no memory needed).
redis.call('PERSIST', KEYS[2])
if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[1]) then
  return 0
end
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 2))
return 1
