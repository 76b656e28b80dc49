import {useState} from "preact/hooks"

import {createCluster} from "../api/operations"
import type {Cluster, Project} from "../api/types"
import {rbac} from "../lib/rbac"
import {Copyable} from "../parts/copy"
import {Dialog} from "../parts/dialog"
import {linkTo} from "../state/location"

export function Kubeconfig({kubeconfig, context, change}: {kubeconfig: string; context: string; change: (kubeconfig: string, context: string) => void}) {
    const [write, setWrite] = useState(false)
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
                <p class="quiet">Its account may list and watch the snapshots of the cluster. This makes one, with the smallest role that is enough:</p>
                <label class="check"><input type="checkbox" checked={write} onChange={(event) => setWrite(event.currentTarget.checked)}/> it also creates and deletes snapshots, for editors</label>
                <Copyable tall text={`kubectl apply -f - <<'EOF'\n${rbac(write)}EOF`} label="The RBAC to apply in the cluster"/>
                <p class="quiet">The same as <code>snapgate print rbac{write ? " --write" : ""}</code> prints. The account's token, for the kubeconfig:</p>
                <Copyable text="kubectl -n snapgate get secret snapgate-token -o jsonpath='{.data.token}' | base64 -d" label="The token of the account"/>
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
        const warnings = made.warnings ?? []
        const unreached = warnings.some((warning) => warning.startsWith("Reachable"))
        return (
            <Dialog title={unreached ? `${made.name} is added, and not reached yet` : `${made.name} is connected`} close={close}>
                <p>{warnings.length > 0 ? "The check of the connection found:" : "The check of the connection has passed."}</p>
                <ul class="findings">{warnings.map((warning) => <li key={warning}>{warning}</li>)}</ul>
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
