// The rows that the reader sees, and the same list as it is now.

export interface Merged<Row> {
    // Those that were shown, at their places, as they are now.
    rows: Row[]
    // Keys: what has changed; what is gone; with what is new.
    changed: Set<string>
    gone: Set<string>
    changedOrNew: Set<string>
    fresh: number
}

// `now` has the first rows of the list, or, with `whole`, all of them. What was shown behind them is left as it is.
export function mergeRows<Row>(shown: readonly Row[], now: readonly Row[], whole: boolean, keyOf: (row: Row) => string): Merged<Row> {
    const current = new Map(now.map((row) => [keyOf(row), row]))
    const before = new Map(shown.map((row) => [keyOf(row), JSON.stringify(row)]))
    // New rows push as many of the last ones out of the page.
    const fresh = now.filter((row) => !before.has(keyOf(row))).length
    const reach = whole ? shown.length : now.length - fresh
    const merged: Merged<Row> = {rows: [], changed: new Set(), gone: new Set(), changedOrNew: new Set(), fresh: 0}
    shown.forEach((row, index) => {
        const key = keyOf(row)
        const fits = current.get(key)
        merged.rows.push(fits ?? row)
        if (fits === undefined) {
            if (index < reach) merged.gone.add(key)
        } else if (JSON.stringify(fits) !== before.get(key)) {
            merged.changed.add(key)
        }
    })
    for (const key of merged.changed) merged.changedOrNew.add(key)
    if (shown.length > 0) {
        merged.fresh = fresh
        for (const key of current.keys()) if (!before.has(key)) merged.changedOrNew.add(key)
    }
    return merged
}
