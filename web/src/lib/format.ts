// Numbers and times as text.

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const counts = new Intl.NumberFormat("en-US")
export function count(value: number): string {
    return counts.format(value)
}

// A message of the server as a sentence of its own.
export function sentence(text: string): string {
    return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`
}

// Without the characters that turn the order of the text around them about: a cause is a program's words, and could so
// show others than it has.
export function legible(text: string): string {
    return text.replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`)
}

export function plural(value: number, one: string, many = `${one}s`): string {
    return `${count(value)} ${value === 1 ? one : many}`
}

// How long something takes or is ago, with its two largest units: 45 s, 12 min, 5 h 10 min, 3 d 4 h, 40 d.
export function duration(seconds: number): string {
    const s = Math.max(0, Math.floor(seconds))
    if (s < MINUTE) return `${s} s`
    if (s < HOUR) return `${Math.floor(s / MINUTE)} min`
    if (s < DAY) {
        const minutes = Math.floor((s % HOUR) / MINUTE)
        return `${Math.floor(s / HOUR)} h${minutes > 0 ? ` ${minutes} min` : ""}`
    }
    const hours = Math.floor((s % DAY) / HOUR)
    const days = Math.floor(s / DAY)
    return days < 10 && hours > 0 ? `${days} d ${hours} h` : `${count(days)} d`
}

// Parts in a hundred that never claim all, or nothing, where that is not so: 99.9 %, 0.1 %.
export function percent(part: number, whole: number): string {
    if (whole === 0) return "–"
    const exact = (100 * part) / whole
    if (part === whole) return "100 %"
    if (part === 0) return "0 %"
    const tenths = Math.min(99.9, Math.max(0.1, Math.round(exact * 10) / 10))
    return `${exact >= 10 && exact < 99 ? Math.round(tenths) : tenths} %`
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
export function bytes(value: number): string {
    let scaled = value
    let unit = 0
    while (scaled >= 1024 && unit < UNITS.length - 1) {
        scaled /= 1024
        ++unit
    }
    return `${scaled >= 100 || unit === 0 || Number.isInteger(scaled) ? Math.round(scaled) : scaled.toFixed(1)} ${UNITS[unit] ?? ""}`
}

const moments = new Intl.DateTimeFormat(undefined, {
    year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit",
    timeZoneName: "short",
})
const short = new Intl.DateTimeFormat(undefined, {month: "short", day: "numeric", hour: "2-digit", minute: "2-digit"})

// In the reader's zone: whole, with the zone, and short.
export function moment(ms: number): string {
    return moments.format(ms)
}
export function shortMoment(ms: number): string {
    return short.format(ms)
}

const days = new Intl.DateTimeFormat(undefined, {month: "short", day: "numeric", timeZone: "UTC"})
// A day of the API (2026-11-29, in UTC).
export function day(text: string): string {
    return days.format(Date.parse(`${text}T00:00:00Z`))
}

const LENGTHS: Record<string, number> = {s: 1, m: MINUTE, h: HOUR, d: DAY}
// The seconds of a duration as the API takes it: 90s, 30m, 24h, 7d. undefined if it is none.
export function parseDuration(text: string): number | undefined {
    const match = /^(\d{1,6})([smhd])$/.exec(text.trim())
    if (!match) return undefined
    const seconds = Number(match[1]) * (LENGTHS[match[2] ?? ""] ?? 0)
    return seconds > 0 ? seconds : undefined
}
