-- Sum: bytes of all blobs, those that expired taken off.
-- KEYS  1 blobs (sorted set `bytes:key` by expiry ms)  2 blob_bytes
-- Works at the memory limit too (ZREM first).
local time = redis.call('TIME')
local sum = tonumber(redis.call('GET', KEYS[2]) or '0')
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', time[1] * 1000 + math.floor(time[2] / 1000), 'LIMIT', 0, 500)
for _, member in ipairs(gone) do
  sum = math.max(0, sum - tonumber(string.match(member, '^(%d+):')))
  redis.call('ZREM', KEYS[1], member)
end
if #gone > 0 then
  redis.call('SET', KEYS[2], sum)
end
return sum
