-- What the scripts on lanes have in common. All times are in microseconds, all lives in
-- milliseconds. An item is three lines and its data; the first line is "-", "!" (alone) or "+" (alone, and
-- posted to the session whoever's address it has) with its address, the second its id, quoted.
--
-- The state of a lane is a hash:
--   tok    the token of the lease; none: not leased
--   ver    the token under which the last verdict was given
--   rel    the token of the last lease that was given back, after a letter for how: v verdict,
--          l LATER, r RELAYED, m MOVED
--   got    how many items the lease is over
--   open   1 while the lease has had neither a verdict nor a mark
--   turn   how many items the head's turn is of; none: nobody has taken it
--   crash, delay, stop, mark   of the head: leases that ran out, since when it is put off, the id of
--          a stopped turn, a note
--   hold   until when the lane is held back; holdfrom: when that row of holds began
--   full   set once someone was told that the lane is full
--   put, stopper   the nonce of the last PUT and STOP that did something
-- of an address's lane also:
--   erase  set if it is to be erased when it is empty
-- and of a session's lane also:
--   a:ADDRESS    one for each of its addresses
--   new:ADDRESS  one that it is about to get, and has as soon as it writes
--   set:NAME     its settings
--   day, ans     how many turns were counted on that day; ans:SESSION is "day count" of one that joined
--   seq          that of the last entry
--   at           when an item last came in or was dealt with
--   live         until when somebody may be looking on; epoch, eventseq: of the events since somebody does,
--                and how many there were; draftof: the turn, quoted, whose answer is shown as it is written;
--                shower: the nonce of the last SHOW that began an attempt
--   joins, join  how often other sessions have written into it, and the last that has
--   was:SESSION  one for each session that has joined
--   heirs        while it is being forgotten or addresses leave it: the session that each has then
--   asleep       while addresses of another session are on their way here: the lane is held back
--   closed       while it is being forgotten: that nothing comes in any more
--   moved, gone  what remains of it: where it is now, or that it is no more

local LEASE = 15 * 1000000
local HALF = 50 -- of the most items that wait
local CRASHES_ALONE = 2 -- after so many, a turn is its first item

local function int(n) return string.format('%.0f', n) end

local function today(now) return math.floor(now / 86400000000) end

local function first(raw) return string.match(raw, '^[^\n]*') end

local function idof(raw) return string.match(raw, '^[^\n]*\n([^\n]*)') end

local function hash(key)
  local flat, h = redis.call('HGETALL', key), {}
  for i = 1, #flat, 2 do h[flat[i]] = flat[i + 1] end
  return h, flat
end

-- wake lets a lane be taken from at on, but not before its hold ends. It tells others where that is
-- now, and returns 1 then.
local function wake(ready, id, at, hold, now, channel, signal)
  at = math.max(at, tonumber(hold) or 0)
  redis.call('ZADD', ready, int(at), id)
  if at > now then return 0 end
  redis.call('PUBLISH', channel, signal)
  return 1
end

-- free returns 1 if a lane may be taken now.
local function free(ready, id, now)
  local at = redis.call('ZSCORE', ready, id)
  return at and tonumber(at) <= now and 1 or 0
end

-- run returns the items at the head of a lane that are taken together, from those that are known.
local function run(kind, lane, items)
  local head = items[1]
  if not head then return items end
  local line, n, step = first(head), 1, #items
  if kind == 'a' or string.byte(line) ~= 45 then return { head } end
  while true do
    for i = n + 1, #items do
      if first(items[i]) ~= line then
        for over = #items, i, -1 do items[over] = nil end
        return items
      end
    end
    if #items < step then return items end
    n, step = #items, #items + 64
    for _, raw in ipairs(redis.call('LRANGE', lane, n, step - 1)) do items[#items + 1] = raw end
  end
end

-- answered counts the turns that a session was answered today, with those of sessions that joined.
local function answered(h, now)
  local day, n = today(now), 0
  if tonumber(h.day) == day then n = tonumber(h.ans) end
  for field, value in pairs(h) do
    if string.sub(field, 1, 4) == 'ans:' then
      local of, count = string.match(value, '^(%d+) (%d+)$')
      if tonumber(of) == day then n = n + tonumber(count) end
    end
  end
  return n
end

-- latest reads the end of a history: at least the last entry, and as many as have no more than so
-- many bytes of text together. An entry begins with the length of its text. It returns seq, entry, seq,
-- entry, ... from the last back.
local function latest(history, entries, since, bytes)
  local left, list, at, step = tonumber(bytes), {}, 0, 16
  while true do
    local ids = redis.call('ZRANGE', history, '+inf', '(' .. since, 'BYSCORE', 'REV', 'LIMIT', at, step, 'WITHSCORES')
    if #ids == 0 then return list end
    local names = {}
    for i = 1, #ids, 2 do names[#names + 1] = ids[i] end
    local found = redis.call('HMGET', entries, unpack(names))
    for i, entry in ipairs(found) do
      if entry then
        left = left - tonumber(string.match(entry, '^%d+'))
        if left < 0 and #list > 0 then return list end
        list[#list + 1] = ids[2 * i]
        list[#list + 1] = entry
      end
    end
    if #names < step then return list end
    at, step = at + step, 128
  end
end

-- describe tells all that a lease over items says: id, items, crashes, delayed, stopped, mark, and then
-- blocked of an address; answered, out, settings, whether it is watched, and the latest of a session. other is the
-- key of its record or out; past of a session's history and entries, and how many bytes to read, if any.
local function describe(kind, id, h, items, other, past, now)
  local stopped = 0
  if h.stop and items[1] and h.stop == idof(items[1]) then stopped = 1 end
  local delayed = 0
  if h.delay then delayed = now - tonumber(h.delay) end
  local d = { id, items, tonumber(h.crash or 0), delayed, stopped, h.mark or '' }
  if kind == 'a' then
    local no = redis.call('HMGET', other, 'blocked', 'silent')
    d[7] = (no[1] or no[2]) and 1 or 0
    return d
  end
  d[7] = answered(h, now)
  d[8] = redis.call('LRANGE', other, 0, -1)
  local settings = {}
  for field, value in pairs(h) do
    if string.sub(field, 1, 4) == 'set:' then
      settings[#settings + 1] = string.sub(field, 5)
      settings[#settings + 1] = value
    end
  end
  d[9] = settings
  d[10] = (tonumber(h.live) or 0) > now and 1 or 0
  if past[3] ~= '0' then d[11] = latest(past[1], past[2], 0, past[3]) end
  return d
end

-- describe_again describes a lease to who has taken it before.
local function describe_again(kind, id, h, lane, other, past, now)
  local items, got = {}, tonumber(h.got)
  if got > 0 then items = redis.call('LRANGE', lane, 0, got - 1) end
  return describe(kind, id, h, items, other, past, now)
end

-- lease takes a lane, of which the first HEAD items are given, and describes it. expired tells that
-- someone else's lease has run out.
local HEAD = 4
local function lease(kind, id, ready, leases, state, lane, items, other, past, token, expired, now)
  local h = hash(state)
  local crash, turn = tonumber(h.crash or 0), tonumber(h.turn or 0)
  if expired then
    crash = crash + tonumber(h.open or 0)
  elseif h.holdfrom then
    redis.call('HDEL', state, 'holdfrom')
  end
  if turn == 0 then
    items = run(kind, lane, items)
    turn = #items
  end
  local got = turn
  if crash >= CRASHES_ALONE then got = math.min(1, turn) end
  if #items < got then items = redis.call('LRANGE', lane, 0, got - 1) end
  for over = #items, got + 1, -1 do items[over] = nil end
  h.crash = crash
  redis.call('HSET', state, 'tok', token, 'turn', turn, 'got', got, 'crash', crash, 'open', math.min(1, got))
  redis.call('ZADD', leases, int(now + LEASE), id)
  return describe(kind, id, h, items, other, past, now)
end

-- behead takes n items from the head of a lane. It returns how many are left, and what of the state is
-- set and unset by that, which is for the caller to do: what was known of the head is forgotten. full is
-- of the state.
local function behead(lane, n, token, full)
  redis.call('LTRIM', lane, n, -1)
  local left = redis.call('LLEN', lane)
  local set = { 'ver', token, 'got', 0, 'open', 0 }
  local unset = { 'turn', 'crash', 'delay', 'stop', 'mark', 'heirs', 'closed' }
  if full and left < HALF then unset[#unset + 1] = 'full' end
  return left, set, unset
end

-- hand_back adds to those that the lease is given back; idle tells that there is nothing to do.
local function hand_back(set, unset, by, token, idle)
  set[#set + 1] = 'rel'
  set[#set + 1] = by .. token
  unset[#unset + 1] = 'tok'
  if idle then
    unset[#unset + 1] = 'hold'
    unset[#unset + 1] = 'holdfrom'
  end
end

-- letter puts the first n items of a lane among the dead letters.
local function letter(kind, id, lane, letters, dead, n, reason, life, now)
  for _, raw in ipairs(redis.call('LRANGE', lane, 0, n - 1)) do
    redis.call('HSET', letters, idof(raw), int(now) .. ' ' .. reason .. '\n' .. raw)
  end
  redis.call('PEXPIRE', letters, life)
  redis.call('ZADD', dead, int(now + life * 1000), kind .. ':' .. id)
end

-- spend counts tokens towards those of today.
local function spend(key, tokens, life, now)
  if tokens < 1 then return end
  local day = today(now)
  if redis.call('HINCRBY', key, day, tokens) > tokens then return end
  redis.call('HDEL', key, day - 2) -- once a day
  redis.call('PEXPIRE', key, life)
end

-- release gives a lease back. If there is something to do, the lane may be taken after delay; if
-- not, idle is called, which sees to the life of the keys. It returns 1 if the lane may be taken now.
local function release(id, ready, leases, state, lane, out, by, token, delay, now, channel, signal, idle)
  redis.call('ZREM', leases, id)
  local busy = redis.call('EXISTS', lane) == 1 or out and redis.call('EXISTS', out) == 1
  local set, unset = { 'got', 0, 'open', 0 }, {}
  hand_back(set, unset, by, token, not busy)
  redis.call('HDEL', state, unpack(unset))
  redis.call('HSET', state, unpack(set))
  if busy then return wake(ready, id, now + delay, redis.call('HGET', state, 'hold'), now, channel, signal) end
  idle()
  return 0
end

-- rest gives a session that has nothing to do the life of a history.
local function rest(state, history, entries, life)
  redis.call('PEXPIRE', state, life)
  redis.call('PEXPIRE', history, life)
  redis.call('PEXPIRE', entries, life)
end

-- rest_gone does so, or gives what remains of a session that is gone a life of its own.
local function rest_gone(state, history, entries, life, gonelife)
  if redis.call('HEXISTS', state, 'gone') == 1 then
    redis.call('PEXPIRE', state, gonelife)
  else
    rest(state, history, entries, life)
  end
end

-- see remembers an id. It lets those go whose time is over, where there are enough to be worth it, and
-- the oldest of those that are old enough to, where there are too many.
local SEEN_LIFE = 8 * 86400 * 1000
local SEEN_FEW, SEEN_MOST = 100, 4096
local SEEN_OLD = 23 * 3600 * 1000000 -- what is left of 48 hours after 25
local function see(seen, id, life, now)
  redis.call('ZADD', seen, int(now + life), id)
  local many = redis.call('ZCARD', seen)
  if many <= SEEN_FEW then return end
  many = many - redis.call('ZREMRANGEBYSCORE', seen, '-inf', int(now))
  if many <= SEEN_MOST then return end
  local old = redis.call('ZCOUNT', seen, '-inf', int(now + SEEN_OLD))
  if old > SEEN_MOST then redis.call('ZREMRANGEBYRANK', seen, 0, old - SEEN_MOST - 1) end
end

local function seen_before(seen, id, now)
  local till = redis.call('ZSCORE', seen, id)
  return till and tonumber(till) > now
end

-- hush has the record of an address say that it wants silence, if its mark does: for longer than anything
-- waits to be sent.
local HUSH_LIFE = 30 * 86400 * 1000
local function hush(record, mark)
  if redis.call('HEXISTS', mark, 'silent') == 0 then return end
  redis.call('HSET', record, 'silent', 1)
  if redis.call('PTTL', record) < HUSH_LIFE then redis.call('PEXPIRE', record, HUSH_LIFE) end
end

-- tell adds an event to those of a session that somebody may be looking on, and tells everybody.
local EVENTS_MOST, EVENTS_LIFE = 2000, 10 * 60 * 1000
local function tell(state, events, id, epoch, kind, payload)
  local seq, event = redis.call('HINCRBY', state, 'eventseq', 1), kind .. '\n' .. payload
  redis.call('RPUSH', events, event)
  if seq % 64 == 0 then redis.call('LTRIM', events, -EVENTS_MOST, -1) end
  redis.call('PEXPIRE', events, EVENTS_LIFE)
  redis.call('PUBLISH', 'ferry:events', id .. '\n' .. epoch .. '\n' .. int(seq) .. '\n' .. event)
end

-- watched returns the epoch of the events of a session, if somebody may be looking on.
local function watched(live, epoch, now)
  return live and tonumber(live) > now and epoch
end

-- admit is PUT's second half, for an item whose lane is that of KEYS after k and ARGV after a; put, leased,
-- hold and from are of its state, epoch of its events if it is watched. It returns what PUT does.
local function admit(k, a, put, leased, hold, from, epoch, now)
  local id, kind, nonce = ARGV[a + 1], ARGV[a + 4], ARGV[a + 11]
  local ready, state, lane, seen, other = KEYS[k + 1], KEYS[k + 3], KEYS[k + 4], KEYS[k + 5], KEYS[k + 6]
  hold = tonumber(hold) or 0
  if seen_before(seen, ARGV[a + 5], now) then
    -- this very call, whose answer was lost; whoever has put something since took no lease from it
    if leased == nonce then
      return { 0, 0, describe_again(kind, id, hash(state), lane, other, { KEYS[7], KEYS[8], ARGV[19] }, now) }
    end
    if put ~= nonce then
      redis.call('PEXPIRE', seen, SEEN_LIFE) -- a write, which waiting for a replica waits for
      return { 1 }
    end
    return { 0, leased and 0 or math.max(0, hold - now) }
  end
  local waiting = redis.call('LLEN', lane)
  if waiting >= tonumber(ARGV[a + 10]) then
    if kind == 'a' then return { 2, 0, '' } end
    redis.call('HSETNX', state, 'full', nonce)
    local told = redis.call('HMGET', state, 'full', 'set:' .. ARGV[18])
    return { 2, told[1] == nonce and 1 or 0, told[2] or '' }
  end
  redis.call('RPUSH', lane, ARGV[a + 6])
  if kind == 'a' then
    hush(other, KEYS[k + 7])
  else
    redis.call('HSET', state, 'at', int(now))
  end
  see(seen, ARGV[a + 5], tonumber(ARGV[a + 7]), now)
  if epoch then tell(state, KEYS[9], id, epoch, 'item', ARGV[a + 6]) end
  if tonumber(ARGV[a + 8]) > 0 then
    from = tonumber(from)
    -- a row that has ended during a turn put nothing off
    if not from or leased and hold <= now then from = now end
    hold = math.max(hold, math.min(now + ARGV[a + 8], from + ARGV[a + 9]))
    redis.call('HSET', state, 'put', nonce, 'hold', int(hold), 'holdfrom', int(from))
  else
    redis.call('HSET', state, 'put', nonce)
  end
  if leased then return { 0, 0 } end
  if waiting > 0 or kind == 's' and redis.call('EXISTS', other) == 1 then -- it is among the ready
    if hold > now then redis.call('ZADD', ready, 'GT', int(hold), id) end
    return { 0, math.max(0, hold - now) }
  end
  redis.call('PERSIST', state)
  redis.call('PEXPIRE', seen, SEEN_LIFE)
  if kind == 's' then
    redis.call('PERSIST', KEYS[7])
    redis.call('PERSIST', KEYS[8])
  end
  if ARGV[a + 12] == '1' and hold <= now then
    local past = { KEYS[7], KEYS[8], ARGV[19] }
    return { 0, 0, lease(kind, id, ready, KEYS[k + 2], state, lane, { ARGV[a + 6] }, other, past, nonce, false, now) }
  end
  wake(ready, id, now, hold, now, ARGV[a + 3], ARGV[a + 2])
  return { 0, math.max(0, hold - now) }
end

-- trim lets the oldest entries go where there are more than most. It returns their ids.
local function trim(history, entries, most)
  local over, gone = redis.call('ZCARD', history) - most, {}
  while over > 0 do
    local oldest = redis.call('ZPOPMIN', history, math.min(over, 500))
    local ids = {}
    for i = 1, #oldest, 2 do
      ids[#ids + 1] = oldest[i]
      gone[#gone + 1] = oldest[i]
    end
    redis.call('HDEL', entries, unpack(ids))
    over = over - #ids
  end
  return gone
end

-- whose says why an item of an address may not come into a session: {3, winner} if that has moved,
-- {4, heir} if it is gone or the address is not one of its own; nil where it may. There is no heir
-- but while the session is being forgotten or the address leaves it. m is moved, gone, closed, and the
-- field of the address.
local function whose(state, address, m)
  if m[1] then return { 3, m[1] } end
  if m[4] and not m[2] and not m[3] then return nil end
  local more = redis.call('HMGET', state, 'heirs', 'new:' .. address)
  if more[2] and not m[2] and not m[3] then
    redis.call('HDEL', state, 'new:' .. address)
    redis.call('HSET', state, 'a:' .. address, '1')
    return nil
  end
  return { 4, more[1] and cjson.decode(more[1])[address] or '' }
end

-- settle has a session be that of an address, if it is not there yet and may be made. m is moved, gone,
-- closed, and the field of the address. It returns what whose does where it may not.
local function settle(state, address, make, day, answered, life, m)
  if m[4] and not m[3] then return nil end
  if make ~= '1' or m[1] or m[2] or m[3] or redis.call('EXISTS', state) == 1 then
    return whose(state, address, m)
  end
  redis.call('HSET', state, 'a:' .. address, '1')
  if day ~= '' then redis.call('HSET', state, 'day', day, 'ans', answered) end
  redis.call('PEXPIRE', state, life)
  return nil
end
