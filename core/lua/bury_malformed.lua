-- Bury what no reader understands, not even its frame.
-- KEYS  1 stream  2 dead (stream)
-- ARGV  1 group  2 id, then the dead letter's fields: name, value, ...
-- Returns 1, or 0 when it was not pending any more. Works at the memory limit too (XACK first).
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then
  return 0
end
redis.call('XDEL', KEYS[1], ARGV[2])
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 3))
return 1
