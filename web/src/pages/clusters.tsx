// The clusters: the state of each, and how old what is known of it is.
import {useState} from "preact/hooks"

import {clusters as listClusters, projects, sources} from "../api/operations"
import type {Cluster, ClusterState, Source} from "../api/types"
import {count, duration, plural} from "../lib/format"
import {adviceFor} from "../lib/words"
import {Empty, Shown} from "../parts/answers"
import {Chips, Search, Toggle} from "../parts/filters"
import {Icon} from "../parts/icons"
import {CLUSTER_LOOKS, ClusterBadge} from "../parts/states"
import {Ago} from "../parts/time"
import {useData, useNow} from "../state/data"
import {useRefreshOnChange} from "../state/live"
import {linkTo, several} from "../state/location"
import {mayAdminister} from "../state/role"
import {AddCluster} from "./add_cluster"
import type {PageProps} from "./pages"

export function Clusters({place: {query}, scope, session}: PageProps) {
    const project = scope.project
    const data = useData(`clusters ${project ?? ""}`, (signal) => listClusters({project, signal}))
    const ages = useData(`sources ${project ?? ""}`, (signal) => sources({project, signal}))
    const inProjects = useData("projects", (signal) => projects({signal}))
    useRefreshOnChange([data, ages])
    const now = useNow(5)
    const [adding, setAdding] = useState(false)
    const names = new Map((inProjects.data?.items ?? []).map((one) => [one.uid, one.name]))
    const known = new Map((ages.data?.items ?? []).map((source) => [source.cluster.uid, source]))
    const states = several(query, "state")
    const part = (query.get("name") ?? "").toLowerCase()
    const away = query.get("away") === "true"
    const fits = (cluster: Cluster) =>
        (states.length === 0 || states.includes(cluster.state)) && cluster.name.toLowerCase().includes(part) && (!away || cluster.state !== "Ready")
    const counts = new Map<ClusterState, number>()
    for (const cluster of data.data?.items ?? []) counts.set(cluster.state, (counts.get(cluster.state) ?? 0) + 1)

    return (
        <div class="page">
            <div class="filters">
                <h1>Clusters</h1>
                <Search query={query} name="name" label="Part of a cluster's name"/>
                <Chips
                    query={query} name="state" label="States"
                    chips={[...counts].map(([state, number]) => ({
                        value: state, tone: CLUSTER_LOOKS[state].tone, count: number,
                        label: <><Icon mark={CLUSTER_LOOKS[state].mark}/>{CLUSTER_LOOKS[state].word}</>,
                    }))}
                />
                <Toggle query={query} name="away" value="true" tone="late"><Icon mark="unknown"/>Away</Toggle>
                {mayAdminister(session) && <div class="tools"><button type="button" class="primary" onClick={() => setAdding(true)}><Icon mark="plus"/>Add cluster</button></div>}
            </div>
            {adding && <AddCluster projects={inProjects.data?.items ?? []} own={session.projectUid ?? ""} done={data.refresh} close={() => setAdding(false)}/>}
            <Shown of={data} lines={8}>
                {({items}) => {
                    const shown = items.filter(fits)
                    if (items.length === 0) {
                        return (
                            <Empty title="No clusters yet">
                                {mayAdminister(session) ? "Add one with a kubeconfig, or make a hosted one and import a dump." : "This key sees none. An admin can add clusters."}
                            </Empty>
                        )
                    }
                    if (shown.length === 0) return <Empty title="No cluster is like that">Take a filter away.</Empty>
                    return (
                        <div class="table-scroll" tabIndex={0} role="region" aria-label="Clusters">
                            <table class="plain roomy clusters">
                                <thead>
                                    <tr>
                                        <th scope="col">Cluster</th><th scope="col">State</th>
                                        <th scope="col" class="right">Known</th><th scope="col" class="right">Snapshots</th><th scope="col" class="right">Lag</th><th scope="col">What to do</th><th scope="col">Project</th>
                                    </tr>
                                </thead>
                                <tbody>{shown.map((cluster) => <Row key={cluster.uid} cluster={cluster} source={known.get(cluster.uid)} project={names.get(cluster.projectUid) ?? cluster.projectUid} now={now}/>)}</tbody>
                            </table>
                            <p class="shown quiet">{shown.length === items.length ? plural(items.length, "cluster") : `${count(shown.length)} of ${plural(items.length, "cluster")}`}</p>
                        </div>
                    )
                }}
            </Shown>
        </div>
    )
}

function Row({cluster, source, project, now}: {cluster: Cluster; source: Source | undefined; project: string; now: number}) {
    return (
        <tr>
            <td><a href={linkTo(["cluster", cluster.uid])}>{cluster.name}</a>{cluster.type === "hosted" && <span class="quiet"> hosted</span>}</td>
            <td><ClusterBadge state={cluster.state}/>{cluster.reason !== undefined && <span class="quiet reason"> {cluster.reason}</span>}</td>
            <td class="right">{source?.asOf === undefined ? <span class="quiet">never</span> : source.ageSeconds === 0 || cluster.state === "Ready" ? "now" : <><Ago at={source.asOf} now={now}/> ago</>}</td>
            <td class="right"><a href={linkTo(["snapshots"], {cluster: cluster.uid, labels: undefined})}>{count(cluster.objects)}</a></td>
            <td class="right">{cluster.lagSeconds === undefined ? <span class="quiet">–</span> : duration(cluster.lagSeconds)}</td>
            <td class="prose">{adviceFor(cluster.state, cluster.reason)}</td>
            <td>{project}</td>
        </tr>
    )
}
