-- Bury what no reader understands, not even its frame.
-- KEYS  1 stream  2 dead (stream)  3 held list of its chat
-- ARGV  1 group  2 id  3 '1' when the entry heads its held chat, then the dead letter's fields: name, value, ...
-- Returns 1, or 0 when it was not pending any more. Works at the memory limit too (XACK first).
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then
  return 0
end
redis.call('XDEL', KEYS[1], ARGV[2])
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 4))
-- The entry headed a chat that was held back behind it: let the next one of that chat go.
if ARGV[3] == '1' then
  local next = redis.call('LINDEX', KEYS[3], 1)
  redis.call('LPOP', KEYS[3])
  if next then
    redis.call('XADD', KEYS[1], '*', unpack(cjson.decode(next)))
  end
end
return 1
