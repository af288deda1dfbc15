-- Hold: an entry of a chat that is held back goes behind the one that is being retried.
-- KEYS  1 stream  2 lease  3 held list of its chat
-- ARGV  1 group  2 id  3 token  4 fields of the entry as a JSON list, marked as head for when its time comes
-- Returns 1 when it waits now, 0 when the chat is not held (handle it), -1 when the lease is another's.
if redis.call('GET', KEYS[2]) ~= ARGV[3] then
  return -1
end
if redis.call('EXISTS', KEYS[3]) == 0 then
  return 0
end
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then
  return 1
end
redis.call('XDEL', KEYS[1], ARGV[2])
redis.call('RPUSH', KEYS[3], ARGV[4])
return 1
