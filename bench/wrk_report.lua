-- Prints what wrk counted as one line of JSON. It defines neither request nor response: wrk then
-- sends a request that was made once, and runs no Lua for answers.
function done(summary, latency, requests)
    local e = summary.errors
    io.write(string.format(
        '\nREPORT {"requests":%d,"microseconds":%d,"bytes":%d,"p50":%d,"p99":%d,' ..
        '"errors":{"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}}\n',
        summary.requests, summary.duration, summary.bytes, latency:percentile(50),
        latency:percentile(99), e.connect, e.read, e.write, e.status, e.timeout))
end
