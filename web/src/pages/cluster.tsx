// One cluster: its state, since when it is in that state, and what to do.
import {useState} from "preact/hooks"

import {checkCluster, cluster as getCluster, protection, removeCluster, setKubeconfig, sources, summary} from "../api/operations"
import type {CheckedPoint, Cluster as ClusterOf} from "../api/types"
import {STATES, VERDICTS} from "../api/types"
import {bytes, count, duration, moment} from "../lib/format"
import {adviceFor} from "../lib/words"
import {ErrorBox, Shown} from "../parts/answers"
import {Dialog} from "../parts/dialog"
import {Panel} from "../parts/panel"
import {ClusterBadge, StateBadge, VerdictBadge} from "../parts/states"
import {Ago} from "../parts/time"
import {useData, useNow} from "../state/data"
import {useRefreshOnChange} from "../state/live"
import {linkTo} from "../state/location"
import {mayAdminister} from "../state/role"
import {Kubeconfig} from "./add_cluster"
import type {PageProps} from "./pages"

export function Cluster({place, session, scope}: PageProps) {
    const [, uid = ""] = place.path
    const project = scope.project
    const data = useData(`cluster ${uid}`, (signal) => getCluster(uid, {project, signal}))
    const ages = useData(`sources ${project ?? ""}`, (signal) => sources({project, signal}))
    const labels = scope.labels === undefined ? {} : {labelSelector: scope.labels}
    const counts = useData(`summary ${uid} ${scope.labels ?? ""}`, (signal) => summary({cluster: [uid], ...labels}, {project, signal}))
    const report = useData(`report ${uid} ${scope.within} ${scope.labels ?? ""}`, (signal) => protection({cluster: [uid], maxAge: scope.within, limit: 1, ...labels}, {project, signal}))
    const now = useNow(5)
    const [dialog, setDialog] = useState<"" | "credentials" | "remove">("")
    // While the cluster is being removed, nothing is asked about it: it may be gone before the answer that says so is here.
    useRefreshOnChange(dialog === "remove" ? [] : [data, ages, counts, report])
    const source = ages.data?.items.find((one) => one.cluster.uid === uid)
    const shown = data.data
    const admin = mayAdminister(session) && shown?.source !== "config"
    return (
        <div class="page">
            <header class="page-head">
                <div>
                    <p class="crumbs"><a href={linkTo(["clusters"])}>Clusters</a></p>
                    <h1>{shown?.name ?? uid}</h1>
                </div>
                {shown && <ClusterBadge state={shown.state}/>}
                {admin && shown?.type === "connected" && <button type="button" onClick={() => setDialog("credentials")}>Change credentials…</button>}
                {admin && shown && <button type="button" class="danger" onClick={() => setDialog("remove")}>Remove…</button>}
            </header>
            {dialog === "credentials" && shown && <Credentials cluster={shown} done={data.refresh} close={() => setDialog("")}/>}
            {dialog === "remove" && shown && <Remove cluster={shown} close={() => setDialog("")}/>}
            <Shown of={data} lines={4}>
                {(cluster) => (
                    <>
                        {cluster.state !== "Ready" && (
                            <div class={`notice ${cluster.state === "Syncing" || cluster.state === "Pending" ? "tone-busy" : "tone-bad"}`}>
                                <strong>{cluster.reason ?? cluster.state}{cluster.sinceTime !== undefined && <> for <Ago at={cluster.sinceTime} now={now}/></>}</strong>
                                <span class="prose">{adviceFor(cluster.state, cluster.reason)}</span>
                                {cluster.message !== undefined && <span class="prose quiet">{cluster.message}</span>}
                            </div>
                        )}
                        <Facts cluster={cluster} asOf={source?.asOf} now={now}/>
                    </>
                )}
            </Shown>
            {shown && <div class="two">
                <Panel title="VMs" href={linkTo(["vms"], {cluster: uid})} note={`good within ${scope.within}`}>
                    <Shown of={report} lines={4}>
                        {({totals}) => (
                            <ul class="counts">
                                {VERDICTS.map((verdict) => (
                                    <li key={verdict}><a href={linkTo(["vms"], {cluster: uid, verdict})}><VerdictBadge verdict={verdict}/><strong>{count(totals?.[verdict] ?? 0)}</strong></a></li>
                                ))}
                            </ul>
                        )}
                    </Shown>
                </Panel>
                <Panel title="Snapshots" href={linkTo(["snapshots"], {cluster: uid})}>
                    <Shown of={counts} lines={4}>
                        {(found) => (
                            <ul class="counts">
                                {STATES.map((state) => (
                                    <li key={state}><a href={linkTo(["snapshots"], {cluster: uid, phase: state})}><StateBadge state={state}/><strong>{count(found.byState[state])}</strong></a></li>
                                ))}
                                <li><a href={linkTo(["snapshots"], {cluster: uid, stuck: "true"})}><span>stuck</span><strong>{count(found.stuck)}</strong></a></li>
                                {found.sizeBytes !== undefined && <li><span class="pair"><span>size, where known</span><strong>{bytes(found.sizeBytes)}</strong></span></li>}
                            </ul>
                        )}
                    </Shown>
                </Panel>
                {shown.type === "connected" && (
                    <Panel title="What is followed">
                        <table class="plain followed">
                            <thead><tr><th scope="col">Kind</th><th scope="col">State</th><th scope="col" class="right">Objects</th></tr></thead>
                            <tbody>
                                <tr><td>virtualmachinesnapshots</td><td><ClusterBadge state={shown.state}/></td><td class="right">{count(shown.objects)}</td></tr>
                                {(shown.kinds ?? []).map((kind) => (
                                    <tr key={kind.name}><td>{kind.name}</td><td title={kind.message}>{kind.state && <ClusterBadge state={kind.state}/>}</td><td class="right">{count(kind.objects)}</td></tr>
                                ))}
                            </tbody>
                        </table>
                    </Panel>
                )}
            </div>}
            {mayAdminister(session) && shown?.type === "connected" && <Check uid={uid}/>}
        </div>
    )
}

// How much an import brought, without what it did not have.
function importWords(last: NonNullable<ClusterOf["lastImport"]>): string {
    const counts = [["created", last.created], ["replaced", last.replaced], ["unchanged", last.unchanged], ["pruned", last.pruned], ["refused", last.refused]] as const
    return counts.filter(([, of]) => of > 0).map(([word, of]) => `${count(of)} ${word}`).join(", ") || "nothing"
}

function Facts({cluster, asOf, now}: {cluster: ClusterOf; asOf: string | undefined; now: number}) {
    const exact = (at: string) => <span title={moment(Date.parse(at))}><Ago at={at} now={now}/> ago</span>
    return (
        <dl class="facts">
            <div><dt>Type</dt><dd>{cluster.type}{cluster.source === "config" && ", declared in the server's configuration file"}</dd></div>
            <div><dt>What is known holds since</dt><dd>{asOf === undefined ? "nothing is known" : cluster.state === "Ready" ? "now" : exact(asOf)}</dd></div>
            {cluster.server !== undefined && <div><dt>Address</dt><dd class="mono">{cluster.server}</dd></div>}
            {cluster.confirmedTime !== undefined && <div><dt>Last confirmed</dt><dd>{exact(cluster.confirmedTime)}</dd></div>}
            {cluster.lastImportTime !== undefined && <div><dt>Last import</dt><dd>{exact(cluster.lastImportTime)}{cluster.lastImport !== undefined && `, by ${cluster.lastImport.by}: ${importWords(cluster.lastImport)}`}</dd></div>}
            {cluster.expectedEvery && <div><dt>An import is expected every</dt><dd>{cluster.expectedEvery}</dd></div>}
            {cluster.lagSeconds !== undefined && <div><dt>Lag</dt><dd>{duration(cluster.lagSeconds)}</dd></div>}
            {cluster.lastSyncTime !== undefined && <div><dt>Last whole list</dt><dd>{exact(cluster.lastSyncTime)}</dd></div>}
            {cluster.servedVersion !== undefined && <div><dt>Version</dt><dd>{cluster.servedVersion}</dd></div>}
            {cluster.failures !== undefined && <div><dt>Failures since the server started</dt><dd>{count(cluster.failures)}</dd></div>}
            {(cluster.skipped ?? 0) > 0 && <div><dt>Objects that cannot be shown</dt><dd>{count(cluster.skipped ?? 0)}, such as {cluster.skippedExample}</dd></div>}
            {cluster.damaged !== undefined && <div><dt>Objects that a repair removed</dt><dd>{count(cluster.damaged)}, such as {cluster.damagedExample}</dd></div>}
        </dl>
    )
}

const OUTCOMES: Record<CheckedPoint["outcome"], string> = {Good: "good", Warning: "late", Bad: "bad", Skipped: "unknown"}

function Check({uid}: {uid: string}) {
    const [busy, setBusy] = useState(false)
    const [points, setPoints] = useState<CheckedPoint[]>()
    const [error, setError] = useState<Error>()
    const check = () => {
        setBusy(true)
        setError(undefined)
        checkCluster(uid)
            .then(({data}) => setPoints(data.points), (failure: unknown) => setError(failure as Error))
            .finally(() => setBusy(false))
    }
    return (
        <Panel title="The connection" note={<button type="button" aria-disabled={busy} onClick={() => !busy && check()}>{busy ? "Checking…" : "Check now"}</button>}>
            {error && <ErrorBox error={error}/>}
            {points && (
                <ul class="findings">
                    {points.map((point) => (
                        <li key={point.name}><span class={`badge tone-${OUTCOMES[point.outcome]}`}>{point.outcome}</span> <strong>{point.name}</strong> {point.message} <span class="quiet">{point.advice}</span></li>
                    ))}
                </ul>
            )}
            {!points && !error && <p class="quiet">A check asks the cluster whether the account may list and watch what snapgate follows. It takes up to ten seconds.</p>}
        </Panel>
    )
}

function Credentials({cluster, done, close}: {cluster: ClusterOf; done: () => void; close: () => void}) {
    const [config, setConfig] = useState({kubeconfig: "", context: ""})
    return (
        <Dialog
            title={`New credentials for ${cluster.name}`} action="Check and store" busyWord="Checking the connection…" close={close} disabled={config.kubeconfig.trim() === ""}
            submit={async () => {
                await setKubeconfig(cluster.uid, {kubeconfig: config.kubeconfig, ...(config.context.trim() === "" ? {} : {context: config.context.trim()})})
                done()
                close()
            }}
        >
            <Kubeconfig {...config} change={(kubeconfig, context) => setConfig({kubeconfig, context})}/>
        </Dialog>
    )
}

function Remove({cluster, close}: {cluster: ClusterOf; close: () => void}) {
    const [typed, setTyped] = useState("")
    return (
        <Dialog
            title={`Remove ${cluster.name}?`} action="Remove" danger busyWord="Removing…" close={close} disabled={typed !== cluster.name}
            submit={async () => {
                await removeCluster(cluster.uid)
                location.hash = linkTo(["clusters"])
            }}
        >
            <p>{cluster.type === "connected"
                ? "snapgate forgets the cluster and the mirror of its objects. The cluster itself, and its snapshots, stay as they are."
                : `The ${count(cluster.objects)} objects that were imported are deleted with it.`}</p>
            <label class="stacked">Type its name to go on<input value={typed} spellcheck={false} autocomplete="off" onInput={(event) => setTyped(event.currentTarget.value)}/></label>
        </Dialog>
    )
}
