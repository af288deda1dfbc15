-- Settle: what was taken for a send has ended; the provider counted it between then and now, so it counts from now.
-- KEYS  the limits, as in limits.lua
-- ARGV  1 ticket, then for each limit: `b`, capacity, per second, cost; or `w`, at most, window ms, cost
-- Promise: no window and no bucket of the provider's is ever fuller than ours, however long a send was on its way.
--          Works at the memory limit too (PERSIST first: it needs no memory).
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
for i, key in ipairs(KEYS) do
  local at = 4 * i - 2
  local most, span = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local cost = math.min(tonumber(ARGV[at + 3]), most)
  redis.call('PERSIST', key)
  if ARGV[at] == 'b' then
    local full = math.max(tonumber(redis.call('HGET', key, 'tat') or '0'), now + cost * 1000 / span)
    redis.call('HSET', key, 'tat', string.format('%.3f', full))
    redis.call('PEXPIRE', key, math.ceil(full - now) + 1000)
  else
    redis.call('ZREM', key, 'p' .. ARGV[1] .. ':' .. cost)
    redis.call('ZADD', key, string.format('%.3f', now), 's' .. ARGV[1] .. ':' .. cost)
    redis.call('PEXPIRE', key, math.ceil(span) + 1000)
  end
end
return 1
