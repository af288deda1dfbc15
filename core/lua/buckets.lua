-- Token buckets: take from all of them or from none, by Redis's own clock, so that all processes share them.
-- KEYS  the buckets (hashes: tokens, at)
-- ARGV  for each bucket: capacity, tokens a second, cost
-- Works at the memory limit too (PERSIST first: a write that needs no memory).
-- Returns 0 when taken, else the ms to wait until all have enough. A cost above the capacity counts as the capacity.
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local wait, levels = 0, {}
for i, key in ipairs(KEYS) do
  local capacity, rate = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1])
  local cost = math.min(tonumber(ARGV[3 * i]), capacity)
  local stored = redis.call('HMGET', key, 'tokens', 'at')
  local tokens = capacity
  if stored[1] then
    tokens = math.min(capacity, tonumber(stored[1]) + math.max(0, now - tonumber(stored[2])) * rate / 1000)
  end
  levels[i] = tokens - cost
  if tokens < cost then
    wait = math.max(wait, (cost - tokens) * 1000 / rate)
  end
end
if wait > 0 then
  return math.ceil(wait)
end
for i, key in ipairs(KEYS) do
  local capacity, rate = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1])
  redis.call('PERSIST', key)
  redis.call('HSET', key, 'tokens', string.format('%.6f', levels[i]), 'at', string.format('%.3f', now))
  redis.call('PEXPIRE', key, math.ceil(capacity * 1000 / rate) + 1000)
end
return 0
