// One snapshot, in full.
import {useState} from "preact/hooks"

import {deleteSnapshot, FLEET, snapshot as getSnapshot, snapshotPath, snapshotRows, type KubeObject} from "../api/operations"
import type {SnapshotRow} from "../api/types"
import {bytes, duration, legible, moment, plural} from "../lib/format"
import {quote} from "../lib/shell"
import {indication} from "../lib/words"
import {toYaml} from "../lib/yaml"
import {Shown} from "../parts/answers"
import {Copyable} from "../parts/copy"
import {Dialog} from "../parts/dialog"
import {Panel} from "../parts/panel"
import {CONSISTENCY_WORDS, StateBadge} from "../parts/states"
import {Ago} from "../parts/time"
import {useData, useNow} from "../state/data"
import {useRefreshOnChange} from "../state/live"
import {linkTo} from "../state/location"
import {mayEdit} from "../state/role"
import type {PageProps} from "./pages"

interface Condition {
    type: string
    status: string
    reason?: string
    message?: string
    lastTransitionTime?: string
}
interface Status {
    conditions?: Condition[]
    indications?: string[]
    sourceIndications?: {indication: string; message?: string}[]
    snapshotVolumes?: {includedVolumes?: string[]; excludedVolumes?: string[]}
    error?: {message?: string; time?: string}
    creationTime?: string
    readyToUse?: boolean
    virtualMachineSnapshotContentName?: string
}

// The conditions and the error, in the order of their times.
function happenedTo({conditions = [], error}: Status): {at: string | undefined; what: string; words: string}[] {
    const happened = conditions.map((one) => {
        const value = one.status === "True" ? "true" : one.status === "False" ? "false" : "unknown"
        const reason = one.reason === undefined ? "" : `: ${one.reason}`
        return {at: one.lastTransitionTime, what: one.type, words: ` is ${value}${reason}${one.message ? `. ${one.message}` : ""}`}
    })
    if (error?.message !== undefined) happened.push({at: error.time, what: "Error", words: `: ${error.message}`})
    return happened.sort((a, b) => (a.at ?? "").localeCompare(b.at ?? ""))
}

export function Snapshot({place, scope, session}: PageProps) {
    const [, cluster = "", namespace = "", vm = "", name = ""] = place.path
    const asked = `${cluster} ${namespace} ${vm} ${name} ${scope.project ?? ""}`
    const object = useData(`snapshot ${asked}`, (signal) => getSnapshot(cluster, namespace, vm, name, {project: scope.project, signal}))
    const row = useData(`row ${asked}`, async (signal) => {
        const {data, freshness} = await snapshotRows({cluster: [cluster], namespace: [namespace], vmName: [vm], name, limit: 1000}, {project: scope.project, signal})
        return {data: data.items.find((one) => one.name === name), freshness}
    })
    useRefreshOnChange([object, row])
    const now = useNow(10)
    const [removing, setRemoving] = useState(false)
    return (
        <div class="page">
            <header class="page-head">
                <div>
                    <p class="crumbs">
                        <a href={linkTo(["snapshots"])}>Snapshots</a> / <a href={linkTo(["cluster", cluster])}>{row.data?.cluster ?? cluster}</a> / {namespace} / <a href={linkTo(["vm", cluster, namespace, vm])}>{vm}</a>
                    </p>
                    <h1>{name}</h1>
                </div>
                {row.data && <StateBadge state={row.data.state} stuck={row.data.stuck}/>}
                {mayEdit(session) && object.data && <button type="button" class="danger" onClick={() => setRemoving(true)}>Delete…</button>}
            </header>
            {removing && (
                <Dialog
                    title={`Delete ${name}?`} action="Delete" danger busyWord="Deleting…" close={() => setRemoving(false)}
                    submit={async () => {
                        await deleteSnapshot(cluster, namespace, vm, name)
                        setRemoving(false)
                        location.hash = linkTo(["vm", cluster, namespace, vm])
                    }}
                >
                    <p>{row.data?.good
                        ? `${vm} can be brought back to it now, and cannot any more afterwards.`
                        : "It is not good: nothing can be restored from it."}</p>
                </Dialog>
            )}
            <Shown of={object} lines={8}>
                {(data) => <Body object={data} row={row.data} cluster={cluster} namespace={namespace} vm={vm} name={name} now={now}/>}
            </Shown>
        </div>
    )
}

function Body({object, row, cluster, namespace, vm, name, now}: {
    object: KubeObject
    row: SnapshotRow | undefined
    cluster: string
    namespace: string
    vm: string
    name: string
    now: number
}) {
    const status = (object.status ?? {}) as Status
    const happened = happenedTo(status)
    const secure = location.protocol === "https:"
    const messages = new Map((status.sourceIndications ?? []).map((one) => [one.indication, one.message]))
    const indications = [...new Set([...(status.indications ?? []), ...messages.keys()])]
    const inside = status.snapshotVolumes?.includedVolumes ?? []
    const outside = status.snapshotVolumes?.excludedVolumes ?? []
    const finalizers = object.metadata.finalizers ?? []
    const path = `${snapshotPath(cluster, vm, name)}?namespace=${encodeURIComponent(namespace)}`
    return (
        <>
            {row?.cause !== undefined && <div class={`notice ${row.state === "Failed" || row.stuck ? "tone-bad" : "tone-late"}`}><strong>Why it is not good</strong><span class="prose">{legible(row.cause)}</span></div>}
            <dl class="facts">
                <div><dt>Created</dt><dd><Ago at={object.metadata.creationTimestamp} now={now}/> ago</dd></div>
                <div><dt>Taken</dt><dd>{status.creationTime === undefined ? (row?.state === "Failed" ? "never" : "not yet") : <><Ago at={status.creationTime} now={now}/> ago</>}</dd></div>
                {row?.durationSeconds !== undefined && <div><dt>Took</dt><dd>{duration(row.durationSeconds)}</dd></div>}
                <div><dt>Consistency</dt><dd>{row ? `${CONSISTENCY_WORDS[row.consistency].word}: ${CONSISTENCY_WORDS[row.consistency].meaning}` : "…"}</dd></div>
                <div><dt>Size</dt><dd>{row?.sizeBytes === undefined ? "not known" : bytes(row.sizeBytes)}</dd></div>
                <div><dt>Restored</dt><dd>{row?.restores === undefined ? "not known" : plural(row.restores, "time")}</dd></div>
            </dl>
            <div class="two">
                <Panel title="What happened">
                    {happened.length === 0 ? <p class="quiet">Its cluster has said nothing yet.</p> : (
                        <ol class="events">
                            {happened.map(({at, what, words}) => (
                                <li key={what}>
                                    <time class="quiet" dateTime={at}>{at === undefined ? "" : moment(Date.parse(at))}</time>
                                    <span><strong>{what}</strong>{legible(words)}</span>
                                </li>
                            ))}
                        </ol>
                    )}
                    {object.metadata.deletionTimestamp !== undefined && (
                        <p class="notice tone-late">
                            <strong>Going since <Ago at={object.metadata.deletionTimestamp} now={now}/></strong>
                            <span>{finalizers.length === 0 ? "Nothing holds it any more." : `It waits for ${finalizers.join(", ")}: what set ${finalizers.length === 1 ? "that finalizer" : "those finalizers"} has to remove ${finalizers.length === 1 ? "it" : "them"}.`}</span>
                        </p>
                    )}
                </Panel>
                <Panel title="How it was taken">
                    {indications.length === 0 && <p class="quiet">{row?.consistency === "offline" ? "The VM was off, so there was nothing to hold still." : "Its cluster does not say."}</p>}
                    <ul class="said">
                        {indications.map((one) => <li key={one} title={messages.get(one)}><strong>{one}</strong> {indication(one)}</li>)}
                    </ul>
                    <h3>Volumes</h3>
                    <ul class="said">
                        {inside.map((one) => <li key={one}><span class="badge tone-good">in the snapshot</span> {one}</li>)}
                        {outside.map((one) => <li key={one}><span class="badge tone-late">left out</span> {one}</li>)}
                        {inside.length + outside.length === 0 && <li class="quiet">Its cluster does not say which.</li>}
                    </ul>
                    {object.metadata.deletionTimestamp === undefined && finalizers.length > 0 && (
                        <><h3>Holds its deletion</h3><ul class="said">{finalizers.map((one) => <li key={one} class="mono">{one}</li>)}</ul></>
                    )}
                </Panel>
            </div>
            <div class="two">
                <Panel title="YAML"><Copyable text={toYaml(object)} label="YAML of the snapshot" tall/></Panel>
                <Panel title="The same from a shell">
                    <p class="quiet"><code>admin.key</code> stands for the file of your key{secure && <>, and <code>ca.crt</code> for the CA of this server's certificate</>}.</p>
                    <h3>kubectl</h3>
                    <Copyable
                        label="kubectl"
                        text={`(umask 077; snapgate kubeconfig --cluster ${quote(cluster)} --server ${quote(location.origin)} \\\n   ${secure ? " --ca ca.crt" : ""} --api-key-file admin.key > snapgate.kubeconfig)\nkubectl --kubeconfig snapgate.kubeconfig get vmsnapshot ${quote(name)} -n ${quote(namespace)} -o yaml`}
                    />
                    <h3>curl</h3>
                    <Copyable label="curl" text={`curl${secure ? " --cacert ca.crt" : ""} -H "ApiKey: $(cat admin.key)" \\\n    ${quote(location.origin + path)}`}/>
                    <h3>All of this VM</h3>
                    <Copyable label="curl, all of this VM" text={`curl${secure ? " --cacert ca.crt" : ""} -H "ApiKey: $(cat admin.key)" \\\n    ${quote(`${location.origin}${FLEET}/snapshot?cluster=${encodeURIComponent(cluster)}&namespace=${encodeURIComponent(namespace)}&vmName=${encodeURIComponent(vm)}&format=csv`)}`}/>
                </Panel>
            </div>
        </>
    )
}
