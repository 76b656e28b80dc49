-- Prints what wrk counted as one line of JSON. It defines neither request nor response: wrk then
-- sends a request that was made once, and runs no Lua for answers. A script that defines them takes
-- `done`, or what it calls, from here.

local function members(counts)
    local out = ""
    for name, number in pairs(counts or {}) do out = out .. string.format(',"%s":%d', name, number) end
    return out
end

-- `more` and `more_errors`: what a script itself counted, by name.
function print_report(summary, latency, more, more_errors)
    local e = summary.errors
    io.write(string.format(
        '\nREPORT {"requests":%d,"microseconds":%d,"bytes":%d,"p50":%d,"p99":%d%s,' ..
        '"errors":{"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d%s}}\n',
        summary.requests, summary.duration, summary.bytes, latency:percentile(50),
        latency:percentile(99), members(more), e.connect, e.read, e.write, e.status, e.timeout,
        members(more_errors)))
end

function done(summary, latency, requests)
    print_report(summary, latency)
end
