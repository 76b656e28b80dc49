-- Writes one new object a request: wrk ... -- MODE FILE SEED, where FILE holds the request's body with
-- the mark @NAME@ (and, in MODE put, @KEY@: the object's key in base64), and names are drawn at random
-- over 1,000 namespaces. MODE create posts to snapgate, put to etcd's JSON gateway.
-- Beside this script, wherever wrk was started.
dofile(debug.getinfo(1, "S").source:match("^@(.-)[^/]*$") .. "wrk_report.lua")

local NAMESPACES = 1000
local threads = 0
local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

function setup(thread)
    thread:set("thread_number", threads)
    threads = threads + 1
end

local function base64(text)
    while #text % 3 ~= 0 do text = text .. " " end
    return (text:gsub("...", function(three)
        local a, b, c = three:byte(1, 3)
        local n = a * 65536 + b * 256 + c
        local out = ""
        for shift = 18, 0, -6 do
            local digit = math.floor(n / 2 ^ shift) % 64
            out = out .. ALPHABET:sub(digit + 1, digit + 1)
        end
        return out
    end))
end

function init(args)
    mode = args[1]
    local file = assert(io.open(args[2]))
    body = file:read("*a")
    file:close()
    math.randomseed(tonumber(args[3]) + 7919 * thread_number)
    wrk.headers["Content-Type"] = "application/json"
end

function request()
    local ns = string.format("team-%03d", math.random(0, NAMESPACES - 1))
    local name = string.format("nightly-%08x%08x", math.random(0, 2 ^ 31 - 1), math.random(0, 2 ^ 31 - 1))
    if mode == "create" then
        return wrk.format("POST", wrk.path .. "?namespace=" .. ns, nil, (body:gsub("@NAME@", name)))
    end
    return wrk.format("POST", nil, nil, (body:gsub("@KEY@", base64("/objects/" .. ns .. "/" .. name))))
end
