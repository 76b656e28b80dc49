// What failed, by the class of the cause: the same fault of a thousand VMs is one. Each opens to the clusters and VMs
// that it has hit.
import {snapshotRows, summary} from "../api/operations"
import type {Summary} from "../api/types"
import {count, legible, plural} from "../lib/format"
import {Empty, Shown} from "../parts/answers"
import {Choice, Field} from "../parts/filters"
import {Icon} from "../parts/icons"
import {useData} from "../state/data"
import {useRefreshOnChange} from "../state/live"
import {choose, linkTo, several} from "../state/location"
import type {Scope} from "../state/scope"
import type {PageProps} from "./pages"

type Cause = Summary["causes"][number]
const SHOWN_VMS = 40

export function Failures({place: {query}, scope}: PageProps) {
    const since = query.get("since") ?? "7d"
    const filters = {
        phase: ["Failed" as const], finishedAfter: since === "ever" ? undefined : since,
        cluster: several(query, "cluster"), namespace: several(query, "namespace"), labelSelector: scope.labels,
    }
    const asked = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined)) as Parameters<typeof summary>[0]
    const data = useData(`failures ${JSON.stringify([asked, scope.project])}`, (signal) => summary(asked, {project: scope.project, signal}))
    useRefreshOnChange([data])
    const open = query.get("open")
    return (
        <div class="page">
            <div class="filters">
                <h1>Failures</h1>
                <Choice query={query} name="since" label="Failed" options={[["24h", "in the last 24 h"], ["", "in the last 7 d"], ["30d", "in the last 30 d"], ["ever", "ever"]]}/>
                <Field query={query} name="cluster" label="Cluster" hint="all"/>
                <Field query={query} name="namespace" label="Namespace" hint="all"/>
            </div>
            <Shown of={data} lines={8}>
                {(found) => found.causes.length === 0 ? (
                    <Empty title="Nothing has failed"><Icon mark="good"/> {since === "ever" ? "No snapshot that is known has failed." : `No snapshot has failed in the last ${since}.`}</Empty>
                ) : (
                    <>
                        <p class="quiet total"><a href={linkTo(["snapshots"], linkOf(asked))}>{plural(found.total, "snapshot")}</a> failed, for {plural(found.causes.length, "cause")}{found.causes.length === 50 ? " (the 50 most frequent)" : ""}.</p>
                        <ul class="failures">
                            {found.causes.map((cause) => (
                                <Failure
                                    key={cause.class} cause={cause} most={found.causes[0]?.count ?? 1} open={open === cause.class} asked={asked} scope={scope}
                                />
                            ))}
                        </ul>
                    </>
                )}
            </Shown>
        </div>
    )
}

function linkOf(asked: Parameters<typeof summary>[0]): Record<string, string | readonly string[]> {
    return Object.fromEntries(Object.entries(asked).filter(([name]) => name !== "labelSelector")) as Record<string, string | readonly string[]>
}

function Failure({cause, most, open, asked, scope}: {cause: Cause; most: number; open: boolean; asked: Parameters<typeof summary>[0]; scope: Scope}) {
    return (
        <li class="panel">
            <h2><button
                type="button" class="bare disclose" aria-expanded={open}
                onClick={() => choose({open: open ? undefined : cause.class}, "replace")}
            >
                <span class="cause">{legible(cause.class)}</span>
                <span class="reach quiet">{plural(cause.vms, "VM")}, {plural(cause.clusters, "cluster")}</span>
                <strong>{count(cause.count)}</strong>
                <span class="meter tone-bad-fill" style={{width: `${(100 * cause.count) / most}%`}}/>
            </button></h2>
            {open && <Reach cause={cause} asked={asked} scope={scope}/>}
        </li>
    )
}

function Reach({cause, asked, scope}: {cause: Cause; asked: Parameters<typeof summary>[0]; scope: Scope}) {
    const of = {...asked, causeClass: cause.class}
    const question = JSON.stringify([of, scope.project])
    const by = useData(`reach ${question}`, (signal) => summary(of, {project: scope.project, signal}))
    const rows = useData(`rows ${question}`, (signal) => snapshotRows({...of, sort: "-finished", limit: 1000}, {project: scope.project, signal}))
    const vms = new Map<string, {row: NonNullable<typeof rows.data>["items"][number]; failures: number}>()
    for (const row of rows.data?.items ?? []) {
        const key = `${row.clusterUid}/${row.namespace}/${row.vm}`
        const known = vms.get(key)
        if (known) ++known.failures
        else vms.set(key, {row, failures: 1})
    }
    const listed = [...vms.values()].sort((a, b) => b.failures - a.failures).slice(0, SHOWN_VMS)
    return (
        <div class="reach-of">
            <p><span class="quiet">For example:</span> {legible(cause.example)}</p>
            <h3>Clusters</h3>
            <Shown of={by} lines={1}>
                {(found) => (
                    <ul class="pills">
                        {found.byCluster.filter((one) => one.total > 0).sort((a, b) => b.total - a.total).map((one) => (
                            <li key={one.uid}><a href={linkTo(["snapshots"], {...linkOf(of), cluster: one.uid})}>{one.name}<span class="number">{count(one.total)}</span></a></li>
                        ))}
                    </ul>
                )}
            </Shown>
            <h3>VMs{rows.data?.metadata.continue !== undefined && <> (with how many of the newest {count(rows.data.items.length)} failures)</>}</h3>
            <Shown of={rows} lines={2}>
                {() => (
                    <ul class="pills">
                        {listed.map(({row, failures}) => (
                            <li key={`${row.clusterUid}/${row.namespace}/${row.vm}`}>
                                <a href={linkTo(["vm", row.clusterUid, row.namespace, row.vm])}><span class="quiet">{row.cluster} / {row.namespace} / </span>{row.vm}<span class="number">{count(failures)}</span></a>
                            </li>
                        ))}
                        {listed.length < cause.vms && <li class="quiet">and {plural(cause.vms - listed.length, "more VM")}</li>}
                    </ul>
                )}
            </Shown>
            <p><a class="more" href={linkTo(["snapshots"], linkOf(of))}>All {plural(cause.count, "snapshot")} of this cause</a></p>
        </div>
    )
}
