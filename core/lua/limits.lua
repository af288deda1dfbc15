-- Limits: take from all of them or from none, by Redis's own clock, so that all processes share them.
-- KEYS  the limits: a bucket is a hash (tat: when it will be full again, ms), a window a sorted set of what was taken
--       (`s‹ticket›:‹cost›` by when it ended, `p‹ticket›:‹cost›` by when it began + hold while it is under way)
-- ARGV  1 ticket  2 hold ms, then for each limit: `b`, capacity, per second, cost; or `w`, at most, window ms, cost
-- Returns the ms to wait until it is worth trying again (0: taken), and which limit it waits for (from 1).
-- A cost above the whole counts as the whole. Works at the memory limit too (PERSIST first: it needs no memory).
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local hold = tonumber(ARGV[2])
local wait, blocker, full_at = 0, 0, {}

local function bucket_wait(key, i, capacity, per_s, cost)
  local full = math.max(now, tonumber(redis.call('HGET', key, 'tat') or '0')) + cost * 1000 / per_s
  full_at[i] = full
  return full - now - capacity * 1000 / per_s
end

local function window_wait(key, at_most, window, cost)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
  local taken, ends, full = cost, {}, nil
  local held = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  for n = 1, #held, 2 do
    local kind, size = string.match(held[n], '^(.).*:(%d+)$')
    local began = tonumber(held[n + 1])
    if kind == 'p' then -- it may end any time: look again soon rather than wait for the latest
      began = began - hold
    end
    taken = taken + tonumber(size)
    ends[#ends + 1] = {math.max(began + window, now + 20), tonumber(size)}
  end
  table.sort(ends, function(a, b) return a[1] < b[1] end)
  for _, one in ipairs(ends) do
    if taken <= at_most then
      break
    end
    taken = taken - one[2]
    full = one[1]
  end
  return full and full - now or 0
end

for i, key in ipairs(KEYS) do
  local at = 4 * i - 1
  local most, span = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local cost = math.min(tonumber(ARGV[at + 3]), most)
  local this
  if ARGV[at] == 'b' then
    this = bucket_wait(key, i, most, span, cost)
  else
    this = window_wait(key, most, span, cost)
  end
  if this > wait then
    wait, blocker = this, i
  end
end
if wait > 0 then
  return {math.ceil(wait), blocker}
end
for i, key in ipairs(KEYS) do
  local at = 4 * i - 1
  local most, span = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  redis.call('PERSIST', key)
  if ARGV[at] == 'b' then
    redis.call('HSET', key, 'tat', string.format('%.3f', full_at[i]))
    redis.call('PEXPIRE', key, math.ceil(full_at[i] - now) + 1000)
  else
    local cost = math.min(tonumber(ARGV[at + 3]), most)
    redis.call('ZADD', key, string.format('%.3f', now + hold), 'p' .. ARGV[1] .. ':' .. cost)
    redis.call('PEXPIRE', key, math.ceil(span + hold) + 1000)
  end
end
return {0, 0}
