// The snapshots of a VM along the time: where each stands, and where there was no good one for too long.

export interface Taken {
    // When a good snapshot was taken, in milliseconds.
    at: number
}

export interface Gap {
    from: number
    to: number
}

// The times between `from` and `to` at which the newest good snapshot was older than `withinMs`. `first` is when the first
// snapshot was made, good or not, if that is known: without a good one since then, there is a gap. Before it, nothing is
// claimed.
export function gaps(good: readonly Taken[], withinMs: number, from: number, to: number, first?: number): Gap[] {
    const times = good.map((one) => one.at).filter((at) => at <= to).sort((a, b) => a - b)
    const found: Gap[] = []
    if (first !== undefined && first < (times[0] ?? to)) times.unshift(first)
    times.forEach((at, index) => {
        const end = times[index + 1] ?? to
        const gap = {from: Math.max(at + withinMs, from), to: end}
        if (gap.to > gap.from && end > from) found.push(gap)
    })
    return found
}

const DAY = 86_400_000
const STEPS = [3_600_000, 3 * 3_600_000, 6 * 3_600_000, 12 * 3_600_000, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 90 * DAY, 365 * DAY]

// Marks of an axis at whole steps, at most `most` of them.
export function ticks(from: number, to: number, most: number): number[] {
    const step = STEPS.find((one) => (to - from) / one <= most) ?? (to - from) / most
    const marks: number[] = []
    // In the reader's zone days begin at its midnight.
    const offset = new Date(from).getTimezoneOffset() * 60_000
    for (let at = Math.ceil((from - offset) / step) * step + offset; at <= to; at += step) marks.push(at)
    return marks
}
