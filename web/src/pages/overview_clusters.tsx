import type {ClusterState, Source, Summary} from "../api/types"
import {count, plural} from "../lib/format"
import {ClusterBadge} from "../parts/states"
import {Ago} from "../parts/time"
import {linkTo} from "../state/location"

// How many clusters are in each state; of those that are away, the oldest by name.
export function ClusterStates({sources, summary, now}: {sources: readonly Source[]; summary: Summary | undefined; now: number}) {
    const states = new Map<ClusterState, Source[]>()
    for (const source of sources) states.set(source.state, [...(states.get(source.state) ?? []), source])
    const rows = [...states].sort(([a], [b]) => Number(a === "Ready") - Number(b === "Ready"))
    const away = sources
        .filter((source) => source.state !== "Ready")
        .sort((a, b) => (a.asOf ?? "").localeCompare(b.asOf ?? ""))
        .slice(0, 4)
    const failing = [...(summary?.byCluster ?? [])]
        .filter((cluster) => cluster.byState.Failed + cluster.stuck > 0)
        .sort((a, b) => b.byState.Failed + b.stuck - a.byState.Failed - a.stuck)
        .slice(0, 5)
    return (
        <>
            <ul class="counts">
                {rows.map(([state, of]) => (
                    <li key={state}>
                        <a href={linkTo(["clusters"], {state})}><ClusterBadge state={state}/><strong>{count(of.length)}</strong></a>
                    </li>
                ))}
                {sources.length === 0 && <li class="quiet">No clusters yet.</li>}
            </ul>
            {away.length > 0 && (
                <ul class="away" aria-label={plural(away.length, "cluster that is away", "clusters that are away")}>
                    {away.map((source) => (
                        <li key={source.cluster.uid}>
                            <a href={linkTo(["cluster", source.cluster.uid])}>{source.cluster.name}</a>
                            <span class="quiet">known until <Ago at={source.asOf} now={now} none="never"/>{source.asOf !== undefined && " ago"}</span>
                        </li>
                    ))}
                </ul>
            )}
            {failing.length > 0 && (
                <table class="plain by-cluster">
                    <thead><tr><th scope="col">With most failures</th><th scope="col" class="right">Failed</th><th scope="col" class="right">Stuck</th><th scope="col" class="right">Snapshots</th></tr></thead>
                    <tbody>
                        {failing.map((cluster) => (
                            <tr key={cluster.uid}>
                                <td class="cut"><a href={linkTo(["cluster", cluster.uid])}>{cluster.name}</a></td>
                                <td class="right"><a href={linkTo(["snapshots"], {cluster: cluster.uid, phase: "Failed"})}>{count(cluster.byState.Failed)}</a></td>
                                <td class="right"><a href={linkTo(["snapshots"], {cluster: cluster.uid, stuck: "true"})}>{count(cluster.stuck)}</a></td>
                                <td class="right"><a href={linkTo(["snapshots"], {cluster: cluster.uid})}>{count(cluster.total)}</a></td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            )}
        </>
    )
}
