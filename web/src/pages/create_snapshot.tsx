import {useState} from "preact/hooks"

import {createSnapshot} from "../api/operations"
import {Dialog} from "../parts/dialog"
import {linkTo} from "../state/location"

export function CreateSnapshot({cluster, namespace, vm, done, close}: {
    cluster: string
    namespace: string
    vm: string
    done: () => void
    close: () => void
}) {
    const [name, setName] = useState("")
    return (
        <Dialog
            title={`A snapshot of ${vm}`} action="Create snapshot" busyWord="Creating…" close={close}
            submit={async () => {
                const {data} = await createSnapshot(cluster, namespace, vm, name.trim() === "" ? {generateName: `${vm}-`} : {name: name.trim()})
                done()
                close()
                location.hash = linkTo(["snapshot", cluster, namespace, vm, data.metadata.name])
            }}
        >
            <label class="stacked">
                Name
                <input value={name} placeholder={`${vm}-… (made by the server)`} spellcheck={false} autocomplete="off" onInput={(event) => setName(event.currentTarget.value)}/>
            </label>
            <p class="quiet">KubeVirt takes the snapshot. In a hosted cluster, which has no hypervisor, its state stays empty until a controller sets it.</p>
        </Dialog>
    )
}
