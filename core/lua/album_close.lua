-- Close: a due album becomes one update in the inbox; who comes within 60 s is late.
-- KEYS  1 inbox of the chat  2 album (hash)  3 due (sorted set)
-- ARGV  1 member of `due`  2 how many fields the closer saw  3 seconds to stay closed, then the entry's fields
-- Returns 1 when closed, 0 when another photo came or somebody else closed it (look again).
local score = redis.call('ZSCORE', KEYS[3], ARGV[1])
local time = redis.call('TIME')
if not score or tonumber(score) > time[1] * 1000 + math.floor(time[2] / 1000) then
  return 0
end
if redis.call('HLEN', KEYS[2]) ~= tonumber(ARGV[2]) or redis.call('HEXISTS', KEYS[2], 'closed') == 1 then
  return 0
end
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[2], 'closed', '1')
redis.call('EXPIRE', KEYS[2], ARGV[3])
redis.call('XADD', KEYS[1], '*', unpack(ARGV, 4))
return 1
