-- Forget consumers: those of processes that died long ago and left nothing behind.
-- KEYS  1 stream    ARGV  1 group  2 ms of silence
-- Returns how many went. Looked at and deleted in one step: with a consumer its pending entries would go.
local gone = 0
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local is = {}
  for n = 1, #consumer, 2 do
    is[consumer[n]] = consumer[n + 1]
  end
  if is.pending == 0 and is.idle > tonumber(ARGV[2]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], is.name)
    gone = gone + 1
  end
end
return gone
