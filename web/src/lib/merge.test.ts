import {describe, expect, test} from "vitest"

import {mergeRows} from "./merge"

interface Row {
    id: string
    state: number
}
const row = (id: string, state = 0): Row => ({id, state})
const keyOf = (one: Row) => one.id
const merge = (shown: Row[], now: Row[], whole: boolean) => mergeRows(shown, now, whole, keyOf)

describe("an update of the rows that are shown", () => {
    test("moves none of them", () => {
        const merged = merge([row("a"), row("b"), row("c")], [row("new"), row("c", 1), row("a")], true)
        expect(merged.rows).toEqual([row("a"), row("b"), row("c", 1)])
        expect([...merged.changed]).toEqual(["c"])
        expect([...merged.gone]).toEqual(["b"])
        expect(merged.fresh).toBe(1)
        expect([...merged.changedOrNew].sort()).toEqual(["c", "new"])
    })
    test("takes none for gone that new rows have pushed out of the page", () => {
        const merged = merge([row("a"), row("b"), row("c")], [row("new"), row("a"), row("b")], false)
        expect([...merged.gone]).toEqual([])
        expect(merged.fresh).toBe(1)
    })
    test("finds one that is gone from within the page", () => {
        const merged = merge([row("a"), row("b"), row("c")], [row("b"), row("c"), row("d")], false)
        expect([...merged.gone]).toEqual(["a"])
    })
    test("leaves what is behind a page that ended early", () => {
        const merged = merge([row("a"), row("b"), row("c")], [row("a"), row("b", 1)], false)
        expect([...merged.gone]).toEqual([])
        expect([...merged.changed]).toEqual(["b"])
        expect(merged.rows).toEqual([row("a"), row("b", 1), row("c")])
    })
    test("calls nothing new where nothing was shown", () => {
        expect(merge([], [row("a")], true).fresh).toBe(0)
    })
})
