-- Retry: put an entry aside until it is due; its chat's later entries wait behind it, other chats do not.
-- KEYS  1 stream  2 lease  3 held list of its chat  4 later (sorted set)
-- ARGV  1 group  2 id  3 token or ''  4 ms from now  5 member for `later` (JSON)  6 '1' when the chat shall be held
--       7 '1' when the entry already heads its held chat
-- Returns 1, 0 (not ours any more) or -1 (lease is another's).
if ARGV[3] ~= '' and redis.call('GET', KEYS[2]) ~= ARGV[3] then
  return -1
end
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then
  return 0
end
redis.call('XDEL', KEYS[1], ARGV[2])
local time = redis.call('TIME')
redis.call('ZADD', KEYS[4], time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[4]), ARGV[5])
if ARGV[6] == '1' and ARGV[7] == '0' then
  -- the first element stands for the entry that is being retried
  redis.call('LPUSH', KEYS[3], 'head')
end
-- The entry headed a chat that was held back behind it and lets it go on: what it waits for may be held there itself.
if ARGV[6] == '0' and ARGV[7] == '1' then
  local next = redis.call('LINDEX', KEYS[3], 1)
  redis.call('LPOP', KEYS[3])
  if next then
    redis.call('XADD', KEYS[1], '*', unpack(cjson.decode(next)))
  end
end
return 1
