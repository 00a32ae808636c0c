"""What Redis runs for each question about a lease: all or nothing, by its own clock.

One hash a slot, `wagit:<team>:<space>:lease`. It has no expiry of Redis' own, so that a server short of
memory never drops a lease and keeps its fence: `until` is compared with the server's TIME. After data may
have been lost (the key is gone, or another run of the server wrote it) nobody gets the lease for a term but
who surely has it still, and the fence goes on far above the head's on the remote: leases that were forgotten
before their holders pushed had numbers, too.

    run      the server's run_id that the rest is known from
    fence    counts the leases; a new one is `least` at least
    token    hash of the holder's secret; empty when nobody has it
    until    milliseconds of the server's clock; without a token: nobody gets it before
    term     milliseconds
    who      the holder, sealed
    asked    who asked for it, sealed
"""

from __future__ import annotations

SCRIPT = """\
local info = redis.call('INFO', 'server')
local version = string.match(info, 'redis_version:([%w.]+)') or '0'
if tonumber(string.match(version, '^%d+') or 0) < 6 then return {'old', version} end
local run = string.match(info, 'run_id:(%w+)') or ''

local key, channel = KEYS[1], KEYS[1] .. ':requests'
local op, token, who, sure = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1'
local fence, term, floor = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local at = {fence = 0, least = 0, token = '', ['until'] = 0, term = 0, who = '', asked = ''}
local raw = redis.call('HGETALL', key)
for i = 1, #raw, 2 do at[raw[i]] = raw[i + 1] end
for _, name in ipairs({'fence', 'least', 'until', 'term'}) do at[name] = tonumber(at[name]) end

local function save()
  local flat = {}
  for name, value in pairs(at) do
    flat[#flat + 1] = name
    flat[#flat + 1] = type(value) == 'number' and string.format('%.0f', value) or value
  end
  redis.call('HSET', key, unpack(flat))
end

local function tell(outcome)
  local left = string.format('%.0f', math.max(0, at['until'] - now))
  return {outcome, string.format('%.0f', at.fence), left, at.token, at.who, at.asked,
    string.format('%.0f', at.term)}
end

if at.run ~= run then
  if not floor then return {'floor'} end
  at.run, at.token, at.who, at.asked = run, '', '', ''
  at.fence = math.max(at.fence, floor)
  if #raw > 0 or floor > 0 then
    at.least, at['until'] = at.fence + 1000, now + math.max(term, at.term)
  end
  save()
end

local ours = at.token ~= '' and at.token == token and (op == 'take' or at.fence == fence)
local forgotten = at.token == '' and at['until'] > now
local free = at['until'] <= now

local function hold(number)
  at.token, at.fence, at.term, at['until'], at.who = token, number, term, now + term, who
  save()
  return tell('held')
end

if op == 'take' or op == 'renew' then
  if ours then
    who, term = at.who, math.max(term, at.term)  -- the holder's other process may count on it
    return hold(at.fence)
  end
  if forgotten and sure then return hold(math.max(at.fence, fence)) end
  if op == 'take' and free then
    at.asked = ''
    return hold(math.max(at.fence + 1, at.least))
  end
  return tell('refused')
end
if op == 'release' and (ours or (forgotten and sure)) then
  at.token, at.who, at.asked, at['until'] = '', '', '', 0
  save()
end
if op == 'request' and not free and at.token ~= token then
  at.asked = who
  save()
  redis.call('PUBLISH', channel, 'requested')
end
return tell('seen')
"""
