// Times: how long ago, with the exact time on hover.
import {duration, moment} from "../lib/format"

// `now` in milliseconds; `at` as the API writes it.
export function Ago({at, now, none = "–"}: {at: string | undefined; now: number; none?: string}) {
    if (at === undefined) return <span class="quiet">{none}</span>
    const ms = Date.parse(at)
    return <time dateTime={at} title={moment(ms)}>{duration((now - ms) / 1000)}</time>
}
