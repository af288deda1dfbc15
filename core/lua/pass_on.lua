-- Pass on: an answer to whoever holds the connection that waits for it.
-- KEYS  1 stream or list    ARGV  1 `stream` or `list`  2 value  3 seconds it is kept  4 entries kept (stream)
-- Promise: works at the memory limit too (PERSIST first: a write that needs no memory): the answer is accepted work.
redis.call('PERSIST', KEYS[1])
if ARGV[1] == 'stream' then
  redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[4], '*', 'data', ARGV[2])
else
  redis.call('RPUSH', KEYS[1], ARGV[2])
end
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
