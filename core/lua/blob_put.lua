-- Put a blob under the budget.
-- KEYS  1 blob  2 blobs (sorted set `bytes:key` by expiry ms)  3 blob_bytes
-- ARGV  1 the bytes  2 budget in bytes  3 seconds it may stay if nobody frees it
-- Returns 1 stored, 2 it was there already, 0 no room.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local sum = tonumber(redis.call('GET', KEYS[3]) or '0')
local gone = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 500)
for _, member in ipairs(gone) do
  sum = sum - tonumber(string.match(member, '^(%d+):'))
  redis.call('ZREM', KEYS[2], member)
end
if #gone > 0 then
  redis.call('SET', KEYS[3], math.max(0, sum))
end
if redis.call('EXISTS', KEYS[1]) == 1 then
  return 2
end
local size = #ARGV[1]
if sum + size > tonumber(ARGV[2]) then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
redis.call('ZADD', KEYS[2], now + tonumber(ARGV[3]) * 1000, size .. ':' .. KEYS[1])
redis.call('SET', KEYS[3], math.max(0, sum) + size)
return 1
