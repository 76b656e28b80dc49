// The first page: whether the VMs of the fleet can be brought back, which cannot, and why. Every figure is a link into
// the list that shows exactly what it counts.
import {sources, summary} from "../api/operations"
import type {Source, Summary} from "../api/types"
import {VERDICTS} from "../api/types"
import {ErrorBox, Shown} from "../parts/answers"
import {DayChart} from "../parts/day_chart"
import {Panel} from "../parts/panel"
import {Icon} from "../parts/icons"
import {count, duration, legible, percent, plural} from "../lib/format"
import {useData, useNow, type Data} from "../state/data"
import {linkTo} from "../state/location"
import type {Scope} from "../state/scope"
import {ClusterStates} from "./overview_clusters"
import {VerdictBar} from "./overview_verdicts"
import {worst, WorstVms} from "./overview_worst"
import {useRefreshOnChange} from "../state/live"

const DAYS = 30

function nextDay(day: string): string {
    return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 19) + "Z"
}

function hrefOfDay(day: string): string {
    return linkTo(["snapshots"], {finishedAfter: `${day}T00:00:00Z`, finishedBefore: nextDay(day), phase: "Succeeded,Failed"})
}

function Causes({summary: data}: {summary: Summary}) {
    const causes = data.causes.slice(0, 6)
    const most = Math.max(1, ...causes.map((cause) => cause.count))
    if (causes.length === 0) return <p class="fine"><Icon mark="good"/>Nothing has failed.</p>
    return (
        <ol class="causes">
            {causes.map((cause) => (
                <li key={cause.class}>
                    <a href={linkTo(["snapshots"], {phase: "Failed", causeClass: cause.class})} title={legible(cause.example)}>
                        <span class="cause">{legible(cause.class)}</span>
                        <span class="reach">{plural(cause.vms, "VM")}, {plural(cause.clusters, "cluster")}</span>
                        <span class="number">{count(cause.count)}</span>
                        <span class="meter tone-bad-fill" style={{width: `${(100 * cause.count) / most}%`}}/>
                    </a>
                </li>
            ))}
        </ol>
    )
}

function Stuck({summary: data}: {summary: Summary}) {
    return (
        <a class={`tile ${data.stuck > 0 ? "tone-bad" : "tone-good"}`} href={linkTo(["snapshots"], {stuck: "true"})}>
            <Icon mark={data.stuck > 0 ? "stuck" : "good"}/>
            <strong>{count(data.stuck)}</strong>
            <span>{data.stuck === 1 ? "snapshot is stuck" : "snapshots are stuck"}</span>
        </a>
    )
}

// How old the oldest of what is shown is.
function Oldest({of, now}: {of: Data<{items: Source[]}>; now: number}) {
    const dated = (of.data?.items ?? []).filter((source) => source.asOf !== undefined)
    const oldest = Math.max(0, ...dated.map((source) => (now - Date.parse(source.asOf ?? "")) / 1000))
    if (dated.length === 0) return null
    return <span class="quiet">{oldest < 60 ? "as of now" : `what is known of the oldest cluster is ${duration(oldest)} old`}</span>
}

// Why nothing is answered, such as labels that are no selector: told once, and not in every part of the page.
function refusalOf(parts: readonly Data<unknown>[]): Error | undefined {
    const first = parts[0]?.error
    return parts.every(({loading, data, error}) => loading || (data === undefined && error?.message === first?.message)) ? first : undefined
}

export function Overview({scope}: {scope: Scope}) {
    const options = (signal: AbortSignal) => ({project: scope.project, signal})
    const asked = `${scope.within} ${scope.project ?? ""} ${scope.labels ?? ""}`
    const labelSelector = scope.labels
    const labels = labelSelector === undefined ? {} : {labelSelector}
    const report = useData(`report ${asked}`, (signal) =>
        worst({maxAge: scope.within, ...labels}, options(signal)))
    const all = useData(`all ${asked}`, (signal) => summary(labels, options(signal)))
    const failed = useData(`failed ${asked}`, (signal) => summary({phase: ["Failed"], ...labels}, options(signal)))
    const clusters = useData(`sources ${scope.project ?? ""}`, (signal) => sources(options(signal)))
    useRefreshOnChange([report, all, failed, clusters])
    const refused = refusalOf([report, all, failed])
    const now = useNow(5)

    if (refused) {
        return (
            <div class="page">
                <h1 class="hidden">Overview</h1>
                <ErrorBox
                    error={refused} retry={() => {
                        for (const one of [report, all, failed]) one.refresh()
                    }}
                />
            </div>
        )
    }
    return (
        <div class="overview">
            <h1 class="hidden">Overview</h1>
            <section class="panel area-verdicts" aria-label="VMs by verdict">
                <Shown of={report} lines={3}>
                    {({totals, clusters: known}) => {
                        if (!totals) return null
                        const vms = VERDICTS.reduce((sum, verdict) => sum + totals[verdict], 0)
                        if (vms === 0)
                            return <p class="fine">No VM is known yet: they come with the clusters. <a href={linkTo(["clusters"])}>To the clusters</a></p>
                        return (
                            <>
                                <p class="headline">
                                    <a href={linkTo(["vms"], {verdict: "Protected"})}>
                                        <strong>{count(totals.Protected)}</strong> of {plural(vms, "VM")}
                                    </a>
                                    {" "}can be brought back to a state of the last {scope.within}
                                    <span class="share">{percent(totals.Protected, vms)}</span>
                                </p>
                                <VerdictBar totals={totals} within={scope.within}/>
                                <p class="below">
                                    {known.stale + known.unknown > 0 && (
                                        <a href={linkTo(["clusters"], {away: "true"})}>
                                            {plural(known.stale + known.unknown, "cluster")} of {count(known.total)} cannot be confirmed now
                                        </a>
                                    )}
                                    <Oldest of={clusters} now={now}/>
                                </p>
                            </>
                        )
                    }}
                </Shown>
            </section>
            <Panel title={`Snapshots a day (UTC), ${DAYS} days`} note={<Legend/>} href={linkTo(["snapshots"])} area="days">
                <Shown of={all} lines={5}>
                    {(data) => <DayChart days={data.byDay.slice(-DAYS)} href={hrefOfDay}/>}
                </Shown>
            </Panel>
            <Panel title="Why they failed" href={linkTo(["failures"])} area="causes">
                <Shown of={failed} lines={6}>{(data) => <Causes summary={data}/>}</Shown>
            </Panel>
            <Panel title="VMs that need somebody" href={linkTo(["vms"], {verdict: "Failing,Never,Late", sort: "-age"})} area="worst">
                <Shown of={report} lines={8}>{(data) => <WorstVms vms={data.items} now={now}/>}</Shown>
            </Panel>
            <Panel title="Clusters" href={linkTo(["clusters"])} area="clusters">
                <Shown of={clusters} lines={4}>{(data) => <ClusterStates sources={data.items} summary={all.data} now={now}/>}</Shown>
                <Shown of={all} lines={1}>{(data) => <Stuck summary={data}/>}</Shown>
            </Panel>
        </div>
    )
}

function Legend() {
    return (
        <>
            <span class="key tone-good-fill"/>succeeded
            <span class="key tone-bad-fill"/>failed
        </>
    )
}
