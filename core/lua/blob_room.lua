-- Room: bytes of all blobs, those that expired taken off; as many as asked for of those whose work is done go too.
-- KEYS  1 blobs (sorted set `bytes:key` by expiry ms, with .5 where the work is done)  2 blob_bytes
-- ARGV  1 the sum that is wanted at most  2 bytes to give back in any case
-- Returns the sum and the bytes that were given back. At most 500 blobs a call: call it again.
-- Promise: works at the memory limit too (ZREM first). A blob whose work is not done, or a dead letter's, stays.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local sum = tonumber(redis.call('GET', KEYS[2]) or '0')
local before = sum
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 500)
for _, member in ipairs(gone) do
  sum = math.max(0, sum - tonumber(string.match(member, '^(%d+):')))
  redis.call('ZREM', KEYS[1], member)
end
local most, release, given = tonumber(ARGV[1]), tonumber(ARGV[2]), 0
if sum > most or release > 0 then
  local kept = redis.call('ZRANGEBYSCORE', KEYS[1], now, '+inf', 'WITHSCORES', 'LIMIT', 0, 500)
  for i = 1, #kept, 2 do
    if sum <= most and given >= release then
      break
    end
    if string.sub(kept[i + 1], -2) == '.5' then
      local size, key = string.match(kept[i], '^(%d+):(.*)$')
      redis.call('ZREM', KEYS[1], kept[i])
      redis.call('DEL', key)
      sum, given = math.max(0, sum - tonumber(size)), given + tonumber(size)
    end
  end
end
if sum ~= before then
  redis.call('SET', KEYS[2], sum)
end
return {sum, given}
