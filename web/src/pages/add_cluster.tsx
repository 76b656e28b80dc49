import {useState} from "preact/hooks"

import {createCluster} from "../api/operations"
import type {Cluster, Project} from "../api/types"
import {Copyable} from "../parts/copy"
import {Dialog} from "../parts/dialog"
import {linkTo} from "../state/location"

const RBAC = "snapgate print rbac | kubectl apply -f -"

export function Kubeconfig({kubeconfig, context, change}: {kubeconfig: string; context: string; change: (kubeconfig: string, context: string) => void}) {
    return (
        <>
            <label class="stacked">
                Kubeconfig
                <textarea
                    value={kubeconfig} rows={9} required spellcheck={false} class="mono" placeholder={"apiVersion: v1\nkind: Config\n…"}
                    onInput={(event) => change(event.currentTarget.value, context)}
                />
            </label>
            <label class="stacked">
                Context <span class="quiet">(the current one, if left empty)</span>
                <input value={context} spellcheck={false} autocomplete="off" onInput={(event) => change(kubeconfig, event.currentTarget.value)}/>
            </label>
            <details>
                <summary>Which rights it needs</summary>
                <p class="quiet">Its account may list and watch the snapshots of the cluster. This makes one with the smallest role that is enough:</p>
                <Copyable text={RBAC} label="The RBAC to apply in the cluster"/>
            </details>
        </>
    )
}

export function AddCluster({projects, own, done, close}: {projects: readonly Project[]; own: string; done: () => void; close: () => void}) {
    const [type, setType] = useState<"connected" | "hosted">("connected")
    const [name, setName] = useState("")
    const [project, setProject] = useState(own)
    const [config, setConfig] = useState({kubeconfig: "", context: ""})
    const [made, setMade] = useState<Cluster>()
    if (made) {
        return (
            <Dialog title={`${made.name} is connected`} close={close}>
                <p>The check of the connection has passed{(made.warnings ?? []).length > 0 ? ", with remarks:" : "."}</p>
                <ul class="findings">{(made.warnings ?? []).map((warning) => <li key={warning}>{warning}</li>)}</ul>
                <p><a class="more" href={linkTo(["cluster", made.uid])}>To the cluster</a></p>
            </Dialog>
        )
    }
    return (
        <Dialog
            title="Add a cluster" action={type === "connected" ? "Check and add" : "Add"} busyWord={type === "connected" ? "Checking the connection…" : "Adding…"} close={close}
            disabled={name.trim() === "" || (type === "connected" && config.kubeconfig.trim() === "")}
            submit={async () => {
                const {data} = await createCluster({
                    name: name.trim(), type, ...(project === "" ? {} : {projectUid: project}),
                    ...(type === "connected" ? {kubeconfig: config.kubeconfig} : {}),
                    ...(type === "connected" && config.context.trim() !== "" ? {context: config.context.trim()} : {}),
                })
                done()
                if (type === "connected") setMade(data)
                else close()
            }}
        >
            <fieldset class="radios">
                <legend class="hidden">Type</legend>
                <label><input type="radio" name="type" checked={type === "connected"} onChange={() => setType("connected")}/> connected <span class="quiet">snapgate follows it</span></label>
                <label><input type="radio" name="type" checked={type === "hosted"} onChange={() => setType("hosted")}/> hosted <span class="quiet">filled by imports</span></label>
            </fieldset>
            <label class="stacked">Name<input value={name} required spellcheck={false} autocomplete="off" onInput={(event) => setName(event.currentTarget.value)}/></label>
            {own === "" && (
                <label class="stacked">
                    Project
                    <select value={project} onChange={(event) => setProject(event.currentTarget.value)}>
                        <option value="">Default</option>
                        {projects.filter((one) => one.name !== "Default").map((one) => <option key={one.uid} value={one.uid}>{one.name}</option>)}
                    </select>
                </label>
            )}
            {type === "connected" && <Kubeconfig {...config} change={(kubeconfig, context) => setConfig({kubeconfig, context})}/>}
        </Dialog>
    )
}
