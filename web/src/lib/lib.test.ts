import {describe, expect, test} from "vitest"

import {bytes, duration, legible, parseDuration, percent, plural, sentence} from "./format"
import {quote} from "./shell"
import {gaps, ticks} from "./timeline"
import {sliceInSight} from "./window"
import {toYaml} from "./yaml"

describe("texts", () => {
    test.each([
        [0, "0 s"], [59.9, "59 s"], [60, "1 min"], [3599, "59 min"], [3600, "1 h"], [3660, "1 h 1 min"], [86_399, "23 h 59 min"],
        [86_400, "1 d"], [90_000, "1 d 1 h"], [864_000 + 7200, "10 d"], [-5, "0 s"],
    ])("duration(%d) is %s", (seconds, text) => expect(duration(seconds)).toBe(text))
    test.each([
        [0, 0, "–"], [0, 5, "0 %"], [5, 5, "100 %"], [1, 100_000, "0.1 %"], [99_999, 100_000, "99.9 %"], [1, 3, "33 %"], [7, 100, "7 %"],
    ])("percent(%d, %d) is %s", (part, whole, text) => expect(percent(part, whole)).toBe(text))
    test.each([[0, "0 B"], [1023, "1023 B"], [1024, "1 KiB"], [1536, "1.5 KiB"], [32 * 2 ** 30, "32 GiB"], [2 ** 70, "1024 EiB"]])(
        "bytes(%d) is %s", (value, text) => expect(bytes(value)).toBe(text))
    test.each([["this is none", "This is none."], ["Why?", "Why?"], ["", "."]])("sentence(%j) is %j", (text, whole) => expect(sentence(text)).toBe(whole))
    test.each([["plain שלום", "plain שלום"], ["safe\u202egnp.exe", "safe\\u202egnp.exe"], ["a\u2066b", "a\\u2066b"]])(
        "legible(%j) is %j", (text, shown) => expect(legible(text)).toBe(shown))
    test("plural", () => expect([plural(1, "VM"), plural(0, "VM"), plural(1200, "cluster")]).toEqual(["1 VM", "0 VMs", "1,200 clusters"]))
    test.each([["24h", 86_400], [" 90m ", 5400], ["7d", 604_800], ["0h", undefined], ["h", undefined], ["1w", undefined], ["-1h", undefined]])(
        "parseDuration(%j) is %j", (text, seconds) => expect(parseDuration(text)).toBe(seconds))
    test.each([["web-01", "web-01"], ["a b", "'a b'"], ["it's", `'it'\\''s'`], ["", "''"], ["$(x)", "'$(x)'"]])(
        "quote(%j) is %j", (word, text) => expect(quote(word)).toBe(text))
})

describe("the time line", () => {
    const good = (...times: number[]) => times.map((at) => ({at}))
    test("a gap begins when the last good one becomes too old", () => {
        expect(gaps(good(0, 100, 50), 20, 0, 200)).toEqual([{from: 20, to: 50}, {from: 70, to: 100}, {from: 120, to: 200}])
    })
    test("no gap where a good one is new enough, and none before the first", () => {
        expect(gaps(good(50, 60), 20, 0, 80)).toEqual([])
        expect(gaps([], 20, 0, 80)).toEqual([])
    })
    test("without a good one there is a gap since the first attempt became too old", () => {
        expect(gaps([], 20, 0, 80, 10)).toEqual([{from: 30, to: 80}])
        expect(gaps(good(60), 20, 0, 80, 10)).toEqual([{from: 30, to: 60}])
        expect(gaps(good(10), 20, 0, 25, 10)).toEqual([])
    })
    test("only what is in sight", () => {
        expect(gaps(good(0, 100), 20, 90, 110)).toEqual([{from: 90, to: 100}])
        expect(gaps(good(0, 300), 20, 90, 110)).toEqual([{from: 90, to: 110}])
    })
    test("marks are at whole steps, and not too many", () => {
        const marks = ticks(Date.parse("2026-11-01T05:00:00Z"), Date.parse("2026-11-29T05:00:00Z"), 8)
        expect(marks.length).toBeGreaterThan(2)
        expect(marks.length).toBeLessThanOrEqual(8)
        expect(new Set(marks.slice(1).map((mark, index) => mark - (marks[index] ?? 0))).size).toBe(1)
    })
})

describe("the rows in sight", () => {
    test("begin even, stay within the list, and have some around them", () => {
        expect(sliceInSight(1000, 32, 0, 320)).toEqual({first: 0, end: 22})
        expect(sliceInSight(1000, 32, 3200, 320)).toEqual({first: 88, end: 122})
        expect(sliceInSight(5, 32, 99_999, 320)).toEqual({first: 4, end: 5})
        expect(sliceInSight(0, 32, 0, 320)).toEqual({first: 0, end: 0})
    })
})

describe("YAML", () => {
    test("reads back as the same values", () => {
        expect(toYaml({
            a: "text", b: "yes", c: "1", d: 1, e: null, f: [], g: {}, h: ["x", {i: "a: b", j: ["#"]}, ["k"]], "l.m/n": "multi\nline", o: "- p",
        })).toBe(`a: text
b: "yes"
c: "1"
d: 1
e: null
f: []
g: {}
h:
- x
- i: "a: b"
  j:
  - "#"
- - k
l.m/n: "multi\\nline"
o: "- p"
`)
    })
})
