// Which rows of a long list are drawn: those in sight, and some around them.

export interface Slice {
    first: number
    // Behind the last one.
    end: number
}

const AROUND = 12

export function sliceInSight(rows: number, rowHeight: number, top: number, height: number): Slice {
    const first = Math.floor(Math.max(0, top) / rowHeight) - AROUND
    const end = Math.ceil((Math.max(0, top) + height) / rowHeight) + AROUND
    // An even first row, so that the stripes do not change while rows come and go.
    const even = Math.max(0, Math.min(first, rows - 1))
    return {first: even - (even % 2), end: Math.min(rows, Math.max(0, end))}
}
