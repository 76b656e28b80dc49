// What is away, and since when: the stream of changes, or clusters.
import {sources} from "../api/operations"
import {duration, moment, plural} from "../lib/format"
import {useData, useNow} from "../state/data"
import {useAwaySince, useRefreshOnChange} from "../state/live"
import {linkTo} from "../state/location"
import type {ChangeStream} from "../state/stream"

// Whoever restarts a server need not read of it.
const SHORT_MS = 2500

export function Banner({stream, project}: {stream: ChangeStream; project: string | undefined}) {
    const since = useAwaySince(stream)
    const now = useNow(1)
    const data = useData(`banner ${project ?? ""}`, (signal) => sources({project, signal}))
    useRefreshOnChange([data])
    // Those that follow and do not know; one that was just added is no news.
    const away = (data.data?.items ?? []).filter((source) => source.state !== "Ready" && source.state !== "Syncing" && source.state !== "Pending")
    const first = away.map((source) => source.asOf ?? "").filter((at) => at !== "").sort()[0]
    const only = away.length === 1 ? away[0]?.cluster : undefined
    const lost = since !== undefined && now - since > SHORT_MS
    const words = lost ? "No connection to the server." : away.length > 0 ? `Clusters without a connection: ${away.length}.` : ""
    return (
        <div class="banners">
            {/* What is read out, once: the durations below move on every second. */}
            <p class="hidden" role="status">{words}</p>
            {lost && (
                <p class="banner tone-bad" title={moment(since)}>
                    <strong>The server is away</strong> for {duration((now - since) / 1000)}. What is shown is of then; it is tried again.
                </p>
            )}
            {since === undefined && away.length > 0 && (
                <p class="banner tone-late">
                    <strong>{plural(away.length, "cluster is", "clusters are")} away</strong>
                    {first !== undefined && <span title={moment(Date.parse(first))}>, the longest for {duration((now - Date.parse(first)) / 1000)}</span>}: what is shown of {away.length === 1 ? "it" : "them"} is of then.{" "}
                    {only
                        ? <a href={linkTo(["cluster", only.uid])}>{only.name}</a>
                        : <a href={linkTo(["clusters"], {state: [...new Set(away.map((source) => source.state))]})}>Which</a>}
                </p>
            )}
        </div>
    )
}
