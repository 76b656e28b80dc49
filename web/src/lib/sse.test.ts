import {expect, test} from "vitest"

import {EventReader} from "./sse"

const STREAM = "retry: 1000\n\nevent: synced\nid: a1\ndata: {}\n\n: heartbeat\nid: a2\n\nevent: added\r\ndata: one\r\ndata:two\r\n\r\ndata\n\nevent: never\n\n"
const EVENTS = [{type: "synced", data: "{}"}, {type: "added", data: "one\ntwo"}, {type: "message", data: ""}]

test("events are the same wherever the pieces end", () => {
    for (let size = 1; size <= STREAM.length; ++size) {
        const reader = new EventReader()
        const events = []
        for (let at = 0; at < STREAM.length; at += size) events.push(...reader.read(STREAM.slice(at, at + size)))
        expect(events, `pieces of ${size}`).toEqual(EVENTS)
        expect(reader.lastId).toBe("a2")
    }
})
