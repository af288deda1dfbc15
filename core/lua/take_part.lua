-- Take a part: note that it is being sent, and say what stood there before.
-- KEYS  1 parts of the job (hash)  2 tally    ARGV  1 part number  2 seconds
-- Returns '' (fresh), 'sending' (interrupted: it is sent once more and counted), 'resent' (interrupted twice),
--         'sent', 'unknown' or 'dropped'. Works at the memory limit too (EXPIRE first: it needs no memory).
redis.call('EXPIRE', KEYS[1], ARGV[2])
local state = redis.call('HGET', KEYS[1], ARGV[1])
if not state then
  redis.call('HSET', KEYS[1], ARGV[1], 'sending')
elseif state == 'sending' then
  redis.call('HSET', KEYS[1], ARGV[1], 'resent')
  redis.call('HINCRBY', KEYS[2], 'repeated', 1)
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return state or ''
