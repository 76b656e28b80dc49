-- Patches one of several objects a request, drawn at random:
-- wrk ... -- TYPE FILE SEED OBJECTS PREFIX, where TYPE is the Content-Type, and FILE holds the request's body
-- with the marks @NAME@ (PREFIX and a number below OBJECTS, as name_of() in measure_apply.py) and, if the object
-- shall change, @VALUE@, which is another one each time. wrk's URL ends with the collection and its query.
-- Beside this script, wherever wrk was started.
dofile(debug.getinfo(1, "S").source:match("^@(.-)[^/]*$") .. "wrk_report.lua")

function init(args)
    local file = assert(io.open(args[2]))
    body = file:read("*a")
    file:close()
    seed = args[3]
    objects = tonumber(args[4])
    prefix = args[5]
    drawn = 0
    collection, query = wrk.path:match("^([^?]*)(.*)$")
    math.randomseed(tonumber(seed))
    wrk.headers["Content-Type"] = args[1]
end

function request()
    drawn = drawn + 1
    local name = string.format("%s-%04d", prefix, math.random(0, objects - 1))
    local text = body:gsub("@NAME@", name):gsub("@VALUE@", seed .. "-" .. drawn)
    return wrk.format("PATCH", collection .. "/" .. name .. query, nil, text)
end
