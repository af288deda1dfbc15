-- Promote: entries that are due go back to their streams.
-- KEYS  1 later (sorted set)
-- ARGV  1 at most so many
-- Returns how many went, and the ms until the next is due (-1: none).
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
for _, member in ipairs(due) do
  local entry = cjson.decode(member)
  redis.call('ZREM', KEYS[1], member)
  redis.call('XADD', entry.stream, '*', unpack(entry.fields))
end
local next = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
if next[2] then
  return {#due, math.max(0, math.ceil(tonumber(next[2]) - now))}
end
return {#due, -1}
