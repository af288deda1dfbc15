-- Advance: finish an entry and take what came of it, once, whatever dies when.
-- KEYS  1 stream of the entry  2 its lease or ''-key  3 held list of its chat  4 tally (hash)  5 turns of its chat
--       6 blobs (sorted set; .5 at the end of a score: its work is done, it gives way where room is needed)
-- ARGV  1 JSON: {group, id, token, finish, job, tally, now_add, outputs: [{claim, stream, turns, fields}], claim_s,
--         turn_s, free: [blob keys], free_s, states: [{key, value, seconds}], open}
-- Returns 1 when done, 0 when the entry was not ours any more (nothing changed), -1 when the lease is another's.
-- Promise: XACK is the first write, so that at the memory limit Redis lets the script go on to its end, and two
-- holders of one entry cannot both pass it. Outputs carry an id that is claimed for 48 h: taken once.
-- Keys inside ARGV stand behind the same prefix, hence in the same slot.
local a = cjson.decode(ARGV[1])
if a.token and redis.call('GET', KEYS[2]) ~= a.token then
  return -1
end
if redis.call('XACK', KEYS[1], a.group, a.id) == 0 then
  return 0
end
redis.call('XDEL', KEYS[1], a.id)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, state in ipairs(a.states) do
  redis.call('SET', state.key, state.value, 'EX', state.seconds)
end
for _, output in ipairs(a.outputs) do
  if redis.call('SET', output.claim, '1', 'NX', 'EX', a.claim_s) then
    redis.call('XADD', output.stream, '*', unpack(output.fields))
    if output.turns then
      -- those of the same millisecond keep the order in which they get here
      local at = output.turn_at or now
      at = at + redis.call('ZCOUNT', output.turns, at, at + 0.999) / 1000
      redis.call('ZADD', output.turns, 'NX', string.format('%.3f', at), output.job)
      redis.call('EXPIRE', output.turns, a.turn_s)
    end
  end
end
for _, blob in ipairs(a.free) do
  local size = redis.call('STRLEN', blob)
  if size > 0 then
    redis.call('EXPIRE', blob, a.free_s)
    redis.call('ZADD', KEYS[6], string.format('%.1f', now + a.free_s * 1000 + 0.5), size .. ':' .. blob)
  end
end
if a.tally then
  redis.call('HINCRBY', KEYS[4], a.tally, a.tally_by)
end
if a.finish then
  redis.call('ZREM', KEYS[5], a.job)
end
-- The entry headed a chat that was held back behind it: let the next one of that chat go.
if a.head then
  local next = redis.call('LINDEX', KEYS[3], 1)
  redis.call('LPOP', KEYS[3])
  if next then
    local fields = cjson.decode(next)
    redis.call('XADD', KEYS[1], '*', unpack(fields))
  end
end
return 1
