-- Free blobs: they stay for a while, or go now; their room comes back with the next sum.
-- KEYS  1 blobs (sorted set `bytes:key` by expiry ms, with .5 where the work is done), then the blobs    ARGV  1 seconds they stay (0: none)
-- Promise: works at the memory limit too (EXPIRE or DEL first: they need no memory).
local time = redis.call('TIME')
local stay = tonumber(ARGV[1])
local until_ms = stay > 0 and time[1] * 1000 + math.floor(time[2] / 1000) + stay * 1000 + 0.5 or 0
for i = 2, #KEYS do
  local size = redis.call('STRLEN', KEYS[i])
  if size > 0 then
    if stay > 0 then
      redis.call('EXPIRE', KEYS[i], stay)
    else
      redis.call('DEL', KEYS[i])
    end
    redis.call('ZADD', KEYS[1], string.format('%.1f', until_ms), size .. ':' .. KEYS[i])
  end
end
return #KEYS - 1
