-- Many clients, each listing a whole cluster page by page: wrk ... -- TOKENS, where TOKENS is a file
-- with a continue token a line. There are as many clients as lines; each begins at its own place, goes
-- on with the token of the page it got, and from the last page to the first. An empty line is the
-- first page. wrk does not say which connection an answer came over: a client is its token.
-- Beside this script, wherever wrk was started.
dofile(debug.getinfo(1, "S").source:match("^@(.-)[^/]*$") .. "wrk_report.lua")

local threads = {}

function setup(thread)
    table.insert(threads, thread)
end

function init(args)
    waiting, first, last = {}, 1, 0
    for token in io.lines(args[1]) do
        last = last + 1
        waiting[last] = token
    end
    path = wrk.path
    bad, wrong, ended = 0, 0, 0
end

function request()
    if first > last then return wrk.format(nil, path) end
    local token = waiting[first]
    waiting[first] = nil
    first = first + 1
    if token == "" then return wrk.format(nil, path) end
    return wrk.format(nil, path .. "?continue=" .. token)
end

function response(status, headers, body)
    local token = ""
    if status ~= 200 then
        bad = bad + 1
    else
        -- The token stands in the metadata, at the end of the page, and is at most 1 KiB long.
        local tail = string.sub(body, -2048)
        local _, at = string.find(tail, '"metadata":{"continue":"', 1, true)
        if at then
            token = string.match(tail, "^[^\"]+", at + 1)
        elseif string.find(tail, '"metadata":{"resourceVersion":', 1, true) then
            ended = ended + 1
        else
            wrong = wrong + 1
        end
    end
    last = last + 1
    waiting[last] = token
end

function done(summary, latency, requests)
    local bad, wrong, ended = 0, 0, 0
    for _, thread in ipairs(threads) do
        bad = bad + thread:get("bad")
        wrong = wrong + thread:get("wrong")
        ended = ended + thread:get("ended")
    end
    print_report(summary, latency, {sweeps_ended = ended}, {not_200 = bad, no_list = wrong})
end
