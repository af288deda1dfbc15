-- Join: a photo goes into its album; the album closes 1.5 s after its last photo, 10 s after its first at most.
-- KEYS  1 stream  2 lease  3 album (hash)  4 due (sorted set)  5 held list of its chat
-- ARGV  1 group  2 id  3 token  4 update id  5 the Update as JSON  6 member of `due`  7 idle ms  8 longest ms
--       9 '1' when the entry heads its held chat
-- Returns 1 joined, 2 not ours any more, 0 the album is closed (the photo gets its own answer), -1 lease is another's.
if redis.call('GET', KEYS[2]) ~= ARGV[3] then
  return -1
end
if redis.call('HEXISTS', KEYS[3], 'closed') == 1 then
  return 0
end
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then
  return 2
end
redis.call('XDEL', KEYS[1], ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSETNX', KEYS[3], 'first', now)
redis.call('HSET', KEYS[3], 'u:' .. ARGV[4], ARGV[5])
local first = tonumber(redis.call('HGET', KEYS[3], 'first'))
redis.call('ZADD', KEYS[4], math.min(first + tonumber(ARGV[8]), now + tonumber(ARGV[7])), ARGV[6])
-- The entry headed a chat that was held back behind it: let the next one of that chat go.
if ARGV[9] == '1' then
  local next = redis.call('LINDEX', KEYS[5], 1)
  redis.call('LPOP', KEYS[5])
  if next then
    redis.call('XADD', KEYS[1], '*', unpack(cjson.decode(next)))
  end
end
return 1
