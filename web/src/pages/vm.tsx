// One VM: whether it can be brought back, its snapshots along the time, and why those that failed did.
import {useState} from "preact/hooks"

import {protection, restores as listRestores, snapshotRows, type RowPage} from "../api/operations"
import type {Answer} from "../api/client"
import type {ProtectedVm, SnapshotRow} from "../api/types"
import {bytes, count, legible, parseDuration, plural} from "../lib/format"
import {Empty, Shown} from "../parts/answers"
import {Choice} from "../parts/filters"
import {Panel} from "../parts/panel"
import {CONSISTENCY_WORDS, StateBadge, VERDICT_LOOKS, VerdictBadge} from "../parts/states"
import {Ago} from "../parts/time"
import {Timeline, TimelineKey} from "../parts/timeline"
import {useData, useNow} from "../state/data"
import {useRefreshOnChange} from "../state/live"
import {linkTo} from "../state/location"
import {mayEdit} from "../state/role"
import {CreateSnapshot} from "./create_snapshot"
import type {PageProps} from "./pages"

const DAY = 86_400_000
const MOST = 1000

export function Vm({place, scope, session}: PageProps) {
    const [, cluster = "", namespace = "", name = ""] = place.path
    const one = {cluster: [cluster], namespace: [namespace], vmName: [name]}
    const asked = `${cluster} ${namespace} ${name} ${scope.project ?? ""}`
    const project = scope.project
    const report = useData(`vm ${asked} ${scope.within}`, (signal) =>
        protection({...one, maxAge: scope.within, gone: true, ignored: true, limit: 1}, {project, signal}))
    const snapshots = useData(`of vm ${asked}`, (signal) => snapshotRows({...one, sort: "-created", limit: MOST}, {project, signal}))
    // A cluster whose restores are not known has none to tell of.
    const restores = useData(`restores ${asked}`, (signal) =>
        listRestores(cluster, namespace, {signal}).catch((error: unknown) => {
            if (signal.aborted) throw error
            return {data: {items: []}, freshness: {ageSeconds: 0, warning: undefined}} satisfies Answer<{items: never[]}>
        }))
    useRefreshOnChange([report, snapshots, restores])
    const now = useNow(10)
    const [creating, setCreating] = useState(false)
    const vm = report.data?.items[0]
    const own = (restores.data?.items ?? []).filter((restore) => restore.spec.target?.name === name)

    return (
        <div class="page">
            <header class="page-head">
                <div>
                    <p class="crumbs"><a href={linkTo(["vms"])}>VMs</a> / <a href={linkTo(["cluster", cluster])}>{vm?.cluster.name ?? cluster}</a> / {namespace}</p>
                    <h1>{name}</h1>
                </div>
                {vm && <VerdictBadge verdict={vm.verdict}/>}
                {mayEdit(session) && <button type="button" class="primary" onClick={() => setCreating(true)}>Create snapshot</button>}
            </header>
            {creating && <CreateSnapshot cluster={cluster} namespace={namespace} vm={name} done={snapshots.refresh} close={() => setCreating(false)}/>}
            <Shown of={report} lines={2}>
                {(data) => data.items[0] ? <Facts vm={data.items[0]} within={scope.within} now={now}/> : (
                    <Empty title="Nothing is known of this VM">No snapshot names it, and its cluster has no VirtualMachine of this name.</Empty>
                )}
            </Shown>
            <Shown of={snapshots} lines={6}>
                {(data) => <Snapshots page={data} restores={own} now={now} place={place} within={scope.within}/>}
            </Shown>
        </div>
    )
}

function Facts({vm, within, now}: {vm: ProtectedVm; within: string; now: number}) {
    return (
        <dl class="facts">
            <div><dt>Verdict</dt><dd>{VERDICT_LOOKS[vm.verdict].meaning(within)}</dd></div>
            <div>
                <dt>Last good snapshot</dt>
                <dd>{vm.lastGood
                    ? <><Ago at={vm.lastGood.at} now={now}/> ago, <span title={CONSISTENCY_WORDS[vm.lastGood.consistency].meaning}>{CONSISTENCY_WORDS[vm.lastGood.consistency].word}</span></>
                    : "none"}</dd>
            </div>
            <div><dt>Last attempt</dt><dd>{vm.lastAttempt ? <StateBadge state={vm.lastAttempt.state}/> : "none"}</dd></div>
            <div><dt>Snapshots</dt><dd>{count(vm.snapshots)}{vm.failed > 0 && `, ${count(vm.failed)} failed within ${within}`}</dd></div>
            <div><dt>Size of the last good one</dt><dd>{vm.sizeBytes === undefined ? "not known" : bytes(vm.sizeBytes)}</dd></div>
            <div><dt>Last restore</dt><dd>{vm.lastRestore ? <><Ago at={vm.lastRestore.at} now={now}/> ago</> : "none known"}</dd></div>
            <div><dt>The VM is</dt><dd>{vm.gone ? "gone" : vm.knownFrom === "snapshots" ? "known from its snapshots alone" : (vm.status ?? "there")}{vm.ignored && ", to be left out of reports"}</dd></div>
        </dl>
    )
}

const SPANS: Record<string, number> = {"": 30, "7d": 7, "90d": 90}

function Snapshots({page, restores, now, place, within}: {
    page: RowPage<SnapshotRow>
    restores: Parameters<typeof Timeline>[0]["restores"]
    now: number
    place: PageProps["place"]
    within: string
}) {
    const rows = page.items
    const [, cluster = "", namespace = "", name = ""] = place.path
    const all = linkTo(["snapshots"], {cluster, namespace, vmName: name, labels: undefined})
    const span = place.query.get("span") ?? ""
    const oldest = Math.min(now - DAY, ...rows.map((row) => Date.parse(row.created ?? "")).filter((at) => at > 0))
    const since = span === "all" ? oldest : now - (SPANS[span] ?? 30) * DAY
    const failures = rows.filter((row) => row.cause !== undefined && row.state === "Failed")
    return (
        <>
            <Panel
                title="Time line"
                note={<Choice query={place.query} name="span" label="Shown" options={[["7d", "7 days"], ["", "30 days"], ["90d", "90 days"], ["all", "all"]]}/>}
            >
                <Timeline rows={rows} whole={page.metadata.continue === undefined} restores={restores} withinSeconds={parseDuration(within) ?? 86_400} within={within} now={now} since={since}/>
                <TimelineKey/>
            </Panel>
            <div class="two">
                <Panel title="Snapshots" note={page.metadata.continue === undefined ? plural(rows.length, "snapshot") : `the newest ${count(rows.length)}`} href={all}>
                    {rows.length === 0 ? <Empty title="No snapshots">Nobody has taken one yet.</Empty> : (
                        <table class="plain snapshots-of-vm">
                            <thead><tr><th scope="col">Snapshot</th><th scope="col">State</th><th scope="col">Consistency</th><th scope="col" class="right">Age</th></tr></thead>
                            <tbody>
                                {rows.map((row) => (
                                    <tr key={row.name}>
                                        <td class="cut" title={row.name}><a href={linkTo(["snapshot", row.clusterUid, row.namespace, row.vm, row.name])}>{row.name}</a></td>
                                        <td><StateBadge state={row.state} stuck={row.stuck}/></td>
                                        <td>{row.state === "Succeeded" ? CONSISTENCY_WORDS[row.consistency].word : ""}</td>
                                        <td class="right"><Ago at={row.created} now={now}/></td>
                                    </tr>
                                ))}
                            </tbody>
                        </table>
                    )}
                </Panel>
                <Panel title="Why they failed" note={failures.length > 0 ? plural(failures.length, "failure") : undefined}>
                    {failures.length === 0 ? <p class="fine">No snapshot of this VM has failed.</p> : (
                        <ul class="full-causes">
                            {failures.map((row) => (
                                <li key={row.name}>
                                    <p class="quiet"><a href={linkTo(["snapshot", row.clusterUid, row.namespace, row.vm, row.name])}>{row.name}</a>, <Ago at={row.finished ?? row.created} now={now}/> ago</p>
                                    <p>{legible(row.cause ?? "")}</p>
                                </li>
                            ))}
                        </ul>
                    )}
                </Panel>
            </div>
        </>
    )
}
