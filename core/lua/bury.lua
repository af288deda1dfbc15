-- Bury: give an entry up, with a reason, and let the shopper hear of it.
-- KEYS  1 stream  2 lease  3 held list of its chat  4 tally  5 dead (stream)  6 blobs  7 turns of its chat
-- ARGV  1 JSON: {group, id, token, head, fields (of the dead letter), tally, tally_by, blobs: [...], blob_s,
--         reply: {claim, stream, fields} or nil, claim_s, finish, job}
-- Returns 1, 0 (not ours any more) or -1 (lease is another's).
local a = cjson.decode(ARGV[1])
if a.token and redis.call('GET', KEYS[2]) ~= a.token then
  return -1
end
if redis.call('XACK', KEYS[1], a.group, a.id) == 0 then
  return 0
end
redis.call('XDEL', KEYS[1], a.id)
redis.call('XADD', KEYS[5], '*', unpack(a.fields))
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, blob in ipairs(a.blobs) do
  local size = redis.call('STRLEN', blob)
  if size > 0 then
    redis.call('EXPIRE', blob, a.blob_s)
    redis.call('ZADD', KEYS[6], now + a.blob_s * 1000, size .. ':' .. blob)
  end
end
if a.tally then
  redis.call('HINCRBY', KEYS[4], a.tally, a.tally_by)
end
if a.finish then
  redis.call('ZREM', KEYS[7], a.job)
end
if a.reply and redis.call('SET', a.reply.claim, '1', 'NX', 'EX', a.claim_s) then
  redis.call('XADD', a.reply.stream, '*', unpack(a.reply.fields))
end
if a.head then
  local next = redis.call('LINDEX', KEYS[3], 1)
  redis.call('LPOP', KEYS[3])
  if next then
    redis.call('XADD', KEYS[1], '*', unpack(cjson.decode(next)))
  end
end
return 1
