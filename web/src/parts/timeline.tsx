// A VM's snapshots along the time: each a mark by its state and consistency, with the times without a good one shaded,
// and restores as flags.
import type {Restore} from "../api/operations"
import type {SnapshotRow} from "../api/types"
import {gaps, ticks} from "../lib/timeline"
import {duration, moment, shortMoment} from "../lib/format"
import {linkTo} from "../state/location"
import {CONSISTENCY_WORDS, STATE_LOOKS} from "./states"
import {useWidth} from "./width"

const HEIGHT = 96
const MIDDLE = 44
const SIDE = 12

function Shape({row, x}: {row: SnapshotRow; x: number}) {
    const tone = row.stuck ? "bad" : STATE_LOOKS[row.state].tone
    switch (row.state) {
        case "Failed":
            return <path class={`tone-${tone}-fill`} d={`M${x} ${MIDDLE - 7}l7 12.5h-14z`}/>
        case "Succeeded":
            // Whole: consistent for applications, or off. Half: as after a power cut.
            if (row.consistency === "application") return <circle class={`tone-${tone}-fill`} cx={x} cy={MIDDLE} r="6"/>
            if (row.consistency === "offline") return <rect class={`tone-${tone}-fill`} x={x - 5.4} y={MIDDLE - 5.4} width="10.8" height="10.8" rx="1.5"/>
            return (
                <>
                    <circle class={`ring tone-${tone}`} cx={x} cy={MIDDLE} r="5.2"/>
                    <path class={`tone-${tone}-fill`} d={`M${x} ${MIDDLE - 5.2}a5.2 5.2 0 0 1 0 10.4z`}/>
                </>
            )
        case "Deleting":
            return <path class={`cross tone-${tone}`} d={`M${x - 5} ${MIDDLE - 5}l10 10m0-10l-10 10`}/>
        default:
            return <circle class={`ring dashed tone-${tone}`} cx={x} cy={MIDDLE} r="5.2"/>
    }
}

function wordsFor(row: SnapshotRow): string {
    const state = `${STATE_LOOKS[row.state].word}${row.stuck ? ", stuck" : ""}`
    const consistency = row.state === "Succeeded" ? `, ${CONSISTENCY_WORDS[row.consistency].word}` : ""
    return `${row.name}: ${state}${consistency}${row.created === undefined ? "" : `, ${moment(Date.parse(row.created))}`}`
}

export function Timeline({rows, whole, restores, withinSeconds, within, now, since}: {
    rows: readonly SnapshotRow[]
    // Whether these are all.
    whole: boolean
    restores: readonly Restore[]
    withinSeconds: number
    within: string
    now: number
    since: number
}) {
    const [box, width] = useWidth<HTMLDivElement>(1000)
    const place = (at: number) => SIDE + ((at - since) / Math.max(1, now - since)) * (width - 2 * SIDE)
    const good = rows.filter((row) => row.good && row.finished !== undefined).map((row) => ({at: Date.parse(row.finished ?? "")}))
    const first = Math.min(...rows.map((row) => Date.parse(row.created ?? "")).filter((at) => at > 0))
    const shaded = gaps(good, withinSeconds * 1000, since, now, whole && Number.isFinite(first) ? first : undefined)
    const marked = rows.filter((row) => row.created !== undefined && Date.parse(row.created) >= since).reverse()
    return (
        <div ref={box}><svg class="timeline" viewBox={`0 0 ${width} ${HEIGHT}`} role="group" aria-label={`${marked.length} snapshots since ${shortMoment(since)}`}>
            {shaded.map((gap) => (
                <rect key={gap.from} class="gap" x={place(gap.from)} y="12" width={Math.max(1, place(gap.to) - place(gap.from))} height={HEIGHT - 34}>
                    <title>{`No good snapshot within ${within} for ${duration((gap.to - gap.from) / 1000)}: ${moment(gap.from)} to ${moment(gap.to)}`}</title>
                </rect>
            ))}
            <line class="grid" x1="0" x2={width} y1={MIDDLE} y2={MIDDLE}/>
            {ticks(since, now, Math.max(2, Math.floor(width / 110))).map((at) => (
                <g key={at}>
                    <line class="grid" x1={place(at)} x2={place(at)} y1={HEIGHT - 22} y2={HEIGHT - 17}/>
                    <text class="axis" x={Math.min(width - 40, Math.max(40, place(at)))} y={HEIGHT - 4} text-anchor="middle">{shortMoment(at)}</text>
                </g>
            ))}
            {marked.map((row) => (
                <a key={row.name} href={linkTo(["snapshot", row.clusterUid, row.namespace, row.vm, row.name])} aria-label={wordsFor(row)}>
                    <title>{wordsFor(row)}</title>
                    <rect class="hit" x={place(Date.parse(row.created ?? "")) - 9} y={MIDDLE - 14} width="18" height="28"/>
                    <Shape row={row} x={place(Date.parse(row.created ?? ""))}/>
                </a>
            ))}
            {restores.filter((one) => Date.parse(one.metadata.creationTimestamp ?? "") >= since).map((one) => {
                const at = Date.parse(one.metadata.creationTimestamp ?? "")
                const words = `Restored by ${one.metadata.name} from ${one.spec.virtualMachineSnapshotName ?? "a snapshot"}, ${moment(at)}`
                return (
                    <g key={one.metadata.name} class="restore" role="img" aria-label={words}>
                        <title>{words}</title>
                        <path d={`M${place(at)} 12v${HEIGHT - 34}M${place(at)} 12h11l-3 4 3 4h-11`}/>
                    </g>
                )
            })}
        </svg></div>
    )
}

export function TimelineKey() {
    return (
        <ul class="timeline-key quiet" aria-label="Marks">
            <li><svg viewBox="0 0 14 14" aria-hidden="true"><circle class="tone-good-fill" cx="7" cy="7" r="5.6"/></svg>application-consistent</li>
            <li><svg viewBox="0 0 14 14" aria-hidden="true"><circle class="ring tone-good" cx="7" cy="7" r="5"/><path class="tone-good-fill" d="M7 2a5 5 0 0 1 0 10z"/></svg>as after a crash</li>
            <li><svg viewBox="0 0 14 14" aria-hidden="true"><rect class="tone-good-fill" x="2" y="2" width="10" height="10" rx="1.5"/></svg>VM was off</li>
            <li><svg viewBox="0 0 14 14" aria-hidden="true"><path class="tone-bad-fill" d="M7 1l6 11.4H1z"/></svg>failed</li>
            <li><svg viewBox="0 0 14 14" aria-hidden="true"><circle class="ring dashed tone-busy" cx="7" cy="7" r="5"/></svg>in progress</li>
            <li><svg viewBox="0 0 14 14" aria-hidden="true"><rect class="gap" x="0" y="1" width="14" height="12"/></svg>none good enough</li>
            <li><svg viewBox="0 0 14 14" aria-hidden="true" class="restore"><path d="M3 1v12M3 1h8l-2 3 2 3H3"/></svg>restored</li>
        </ul>
    )
}
