-- Drop: an operator has an entry forgotten, wherever it is; nobody is told.
-- KEYS  1 stream of the entry  2 held list of its chat  3 later (sorted set)  4 tally  5 turns of its chat  6 dead
-- ARGV  1 JSON: {state: `waiting`, `taken`, `held`, `later` or `dead`, group, id (in stream or dead), member (of held
--         or later), photos, job, head}
-- Returns 1, or 0 when it is not there any more. Its photos count as dead, unless they do already.
local a = cjson.decode(ARGV[1])
local found
if a.state == 'dead' then
  return redis.call('XDEL', KEYS[6], a.id)
elseif a.state == 'later' then
  found = redis.call('ZREM', KEYS[3], a.member)
elseif a.state == 'held' then
  found = redis.call('LREM', KEYS[2], 1, a.member)
else
  redis.call('XACK', KEYS[1], a.group, a.id)
  found = redis.call('XDEL', KEYS[1], a.id)
end
if found == 0 then
  return 0
end
if a.photos > 0 then
  redis.call('HINCRBY', KEYS[4], 'dead', a.photos)
end
redis.call('ZREM', KEYS[5], a.job)
-- It headed a chat that was held back behind it: let the next one of that chat go.
if a.head then
  local next = redis.call('LINDEX', KEYS[2], 1)
  redis.call('LPOP', KEYS[2])
  if next then
    redis.call('XADD', KEYS[1], '*', unpack(cjson.decode(next)))
  end
end
return 1
