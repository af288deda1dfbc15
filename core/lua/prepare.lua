-- Prepare: create streams and groups that are missing.
-- KEYS  the streams    ARGV  their groups, in the same order
-- Promise: works at the memory limit too, so that a process can start and work off what fills it (PERSIST first: a
-- write that needs no memory, after which Redis lets a script go on).
for i, key in ipairs(KEYS) do
  redis.call('PERSIST', key)
  local answer = redis.pcall('XGROUP', 'CREATE', key, ARGV[i], '0', 'MKSTREAM')
  if answer.err and not string.find(answer.err, 'BUSYGROUP', 1, true) then
    return answer
  end
end
return #KEYS
