// Snapshots that succeeded and failed, a column for each day. Each column is a link.
import type {Summary} from "../api/types"
import {count, day} from "../lib/format"
import {useWidth} from "./width"

type Day = Summary["byDay"][number]

const HEIGHT = 156
const LEFT = 42
const RIGHT = 18
const BOTTOM = 20

// A round number that is at least `most`, and half of it a whole one.
export function ceiling(most: number): number {
    if (most <= 2) return 2
    const power = 10 ** Math.floor(Math.log10(most))
    const step = [1, 2, 4, 5, 6, 8, 10].find((factor) => factor * power >= most) ?? 10
    const top = step * power
    return top % 2 === 0 ? top : top + 1
}

export function DayChart({days, href}: {days: readonly Day[]; href: (day: string) => string}) {
    const [box, width] = useWidth<HTMLDivElement>(600)
    const top = ceiling(Math.max(...days.map((one) => one.succeeded + one.failed)))
    const room = (width - LEFT - RIGHT) / days.length
    const bar = Math.max(2, room * 0.84)
    const height = (value: number) => (value / top) * (HEIGHT - BOTTOM - 8)
    const base = HEIGHT - BOTTOM
    const every = Math.ceil(days.length / Math.max(2, Math.min(10, Math.floor(width / 80))))
    return (
        <div ref={box}><svg class="chart" viewBox={`0 0 ${width} ${HEIGHT}`} role="group" aria-label={`Snapshots a day for ${days.length} days`}>
            {[0, top / 2, top].map((value) => (
                <g key={value}>
                    <line class="grid" x1={LEFT} x2={width} y1={base - height(value)} y2={base - height(value)}/>
                    <text class="axis" x={LEFT - 6} y={base - height(value) + 3.5} text-anchor="end">{count(value)}</text>
                </g>
            ))}
            {days.map((one, index) => {
                const x = LEFT + index * room + (room - bar) / 2
                const good = height(one.succeeded)
                const bad = height(one.failed)
                const words = `${day(one.day)} (UTC): ${count(one.succeeded)} succeeded, ${count(one.failed)} failed`
                const drawn = (
                    <>
                        <title>{words}</title>
                        <rect class="hit" x={LEFT + index * room} y="0" width={room} height={base}/>
                        <rect class="tone-good-fill" x={x} y={base - good} width={bar} height={good}/>
                        <rect class="tone-bad-fill" x={x} y={base - good - bad - (good > 0 && bad > 0 ? 1 : 0)} width={bar} height={bad}/>
                    </>
                )
                return (
                    <g key={one.day}>
                        {one.succeeded + one.failed > 0
                            ? <a href={href(one.day)} aria-label={words}>{drawn}</a>
                            : <g>{drawn}</g>}
                        {(days.length - 1 - index) % every === 0 &&
                            <text class="axis" x={x + bar / 2} y={HEIGHT - 4} text-anchor="middle">{day(one.day)}</text>}
                    </g>
                )
            })}
        </svg></div>
    )
}
