"""What Redis does in one step: its scripts, in Lua.

Each answer has three keys of one hash slot: its stream, a hash about it, and the lease of the process that makes it.
An entry of the stream has the field ``d`` with an item, or ``e`` with the end; its id is ``<epoch>-<number>``.
"""

from __future__ import annotations

from typing import Final

__all__ = ["APPEND", "BEGIN", "LOOK", "RELEASE", "STOP", "WAKE"]

# Numbers above 2^53 do not occur: '%.0f' writes them without an exponent.
_NOW: Final = """
local function now()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
"""

_LAST: Final = """
local function last(stream)
  local entry = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  if not entry then return 0, false end
  local number = tonumber(string.match(entry[1], '%-(%d+)$'))
  if entry[2][1] == 'e' then return number - 1, entry[2][2] end
  return number, false
end
"""

# KEYS: stream, hash, lease. ARGV: token, worker, epoch ('' for the present), lease, keep (both in milliseconds).
# -> {1 if the answer is ours to make, epoch}
BEGIN: Final = (
    _NOW
    + """
local there = redis.call('HMGET', KEYS[2], 'epoch', 'token')
if there[1] then return {there[2] == ARGV[1] and 1 or 0, there[1]} end
local epoch = ARGV[3]
if epoch == '' then
  epoch = string.format('%.0f', now())
  redis.call('DEL', KEYS[1])
end
redis.call('HSET', KEYS[2], 'epoch', epoch, 'token', ARGV[1], 'worker', ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[5])
redis.call('SET', KEYS[3], ARGV[1], 'PX', ARGV[4])
return {1, epoch}
"""
)

# KEYS: stream, hash, lease. ARGV: token.
RELEASE: Final = """
if redis.call('HGET', KEYS[2], 'token') == ARGV[1] then redis.call('DEL', KEYS[1], KEYS[2], KEYS[3]) end
"""

# KEYS: stream, hash, lease. ARGV: token, epoch, number of the first item, lease, keep, end ('' for none), items …
# -> {state, items there, stop flag, milliseconds since another process's reader was there (-1: never), end}
# `gone`: Redis has lost the answer; `fenced`: it is another's; `ended`: nothing comes behind the end; `gap`: writes
# were lost, so the items after that number are to be sent again.
APPEND: Final = (
    _NOW
    + _LAST
    + """
local about = redis.call('HMGET', KEYS[2], 'token', 'stop', 'seen')
if not about[1] then return {'gone', 0} end
if about[1] ~= ARGV[1] then return {'fenced', 0} end
local number, ended = last(KEYS[1])
if ended then return {'ended', number, 0, -1, ended} end
local first = tonumber(ARGV[3])
if first > number + 1 then return {'gap', number} end
for i = 7, #ARGV do
  if first + i - 7 > number then
    number = first + i - 7
    redis.call('XADD', KEYS[1], ARGV[2] .. '-' .. string.format('%.0f', number), 'd', ARGV[i])
  end
end
redis.call('PEXPIRE', KEYS[2], ARGV[5])
if ARGV[6] ~= '' then
  redis.call('XADD', KEYS[1], ARGV[2] .. '-' .. string.format('%.0f', number + 1), 'e', ARGV[6])
  redis.call('DEL', KEYS[3])
else
  redis.call('SET', KEYS[3], ARGV[1], 'PX', ARGV[4])
end
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return {'ok', number, about[2] and 1 or 0, about[3] and now() - tonumber(about[3]) or -1}
"""
)

# KEYS: stream, hash, lease. ARGV: keep, the end of an answer whose process is gone, 1 if somebody reads.
# Lease and last entry are looked at together: else an answer that ends in between passes for one that was lost.
# -> {epoch}, or nothing when there is no such answer
LOOK: Final = (
    _NOW
    + _LAST
    + """
local epoch = redis.call('HGET', KEYS[2], 'epoch')
if not epoch then return {} end
if ARGV[3] == '1' then redis.call('HSET', KEYS[2], 'seen', string.format('%.0f', now())) end
local number, ended = last(KEYS[1])
if not ended and redis.call('EXISTS', KEYS[3]) == 0 then
  redis.call('XADD', KEYS[1], epoch .. '-' .. string.format('%.0f', number + 1), 'e', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  redis.call('PEXPIRE', KEYS[2], ARGV[1])
end
return {epoch}
"""
)

# KEYS: stream, hash. -> {the worker that is to stop it ('' when it has ended)}, or nothing when there is no such answer
STOP: Final = (
    _LAST
    + """
local worker = redis.call('HGET', KEYS[2], 'worker')
if not worker then return {} end
local _, ended = last(KEYS[1])
if ended then return {''} end
redis.call('HSET', KEYS[2], 'stop', '1')
return {worker}
"""
)

# KEYS: a worker's stream. ARGV: what it is told, keep.
WAKE: Final = """
redis.call('XADD', KEYS[1], 'MAXLEN', '~', '1000', '*', 'c', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""
