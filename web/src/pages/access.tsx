// Keys and projects, for admins.
import {useState} from "preact/hooks"

import {createKey, keys as listKeys, projects as listProjects, revokeKey} from "../api/operations"
import type {Key, Project, Role, Session} from "../api/types"
import {moment} from "../lib/format"
import {Shown} from "../parts/answers"
import {Copyable} from "../parts/copy"
import {Dialog} from "../parts/dialog"
import {Panel} from "../parts/panel"
import {Ago} from "../parts/time"
import {useData, useNow} from "../state/data"
import type {PageProps} from "./pages"
import {ProjectsPanel} from "./projects"

export function Access({session}: PageProps) {
    const keys = useData("keys", (signal) => listKeys({signal}))
    const projects = useData("projects", (signal) => listProjects({signal}))
    const now = useNow(30)
    const [dialog, setDialog] = useState<{is: "key"} | {is: "revoke"; key: Key}>()
    const names = new Map((projects.data?.items ?? []).map((project) => [project.uid, project.name]))
    const close = () => setDialog(undefined)
    return (
        <div class="page">
            <h1>Access</h1>
            {dialog?.is === "key" && <NewKey projects={projects.data?.items ?? []} session={session} done={keys.refresh} close={close}/>}
            {dialog?.is === "revoke" && (
                <Dialog
                    title={`Revoke ${dialog.key.name}?`} action="Revoke" danger busyWord="Revoking…" close={close}
                    submit={async () => {
                        await revokeKey(dialog.key.id)
                        keys.refresh()
                        close()
                    }}
                >
                    <p>Whatever uses it is refused from the next request on. {dialog.key.id === session.keyId && <strong>This is the key that you are signed in with.</strong>}</p>
                </Dialog>
            )}
            <Panel title="API keys" note={<button type="button" onClick={() => setDialog({is: "key"})}>New key…</button>}>
                <Shown of={keys} lines={4}>
                    {({items}) => (
                        <div class="table-scroll" tabIndex={0} role="region" aria-label="Table of API keys">
                            <table class="plain roomy">
                                <thead><tr><th scope="col">Key</th><th scope="col">Role</th><th scope="col">Project</th><th scope="col">Last used</th><th scope="col">Expires</th><th scope="col"><span class="hidden">Actions</span></th></tr></thead>
                                <tbody>
                                    {items.map((key) => (
                                        <tr key={key.id}>
                                            <td>{key.name}{key.id === session.keyId && <span class="quiet"> (this session)</span>}</td>
                                            <td>{key.role}</td>
                                            <td>{key.projectUid === "" ? <span class="quiet">all</span> : (names.get(key.projectUid) ?? key.projectUid)}</td>
                                            <td><Ago at={key.lastUsedAt ?? undefined} now={now} none="never"/>{key.lastUsedAt !== null && " ago"}</td>
                                            <td>{key.expiresAt === null ? <span class="quiet">never</span> : moment(Date.parse(key.expiresAt))}</td>
                                            <td class="right"><button type="button" class="danger" aria-label={`Revoke ${key.name}`} onClick={() => setDialog({is: "revoke", key})}>Revoke…</button></td>
                                        </tr>
                                    ))}
                                </tbody>
                            </table>
                        </div>
                    )}
                </Shown>
            </Panel>
            <ProjectsPanel projects={projects} session={session}/>
        </div>
    )
}

function NewKey({projects, session, done, close}: {projects: readonly Project[]; session: Session; done: () => void; close: () => void}) {
    const [name, setName] = useState("")
    const [role, setRole] = useState<Role>("reader")
    const [project, setProject] = useState(session.projectUid ?? "")
    const [expires, setExpires] = useState("90d")
    const [made, setMade] = useState<Key>()
    if (made) {
        return (
            <Dialog title={`The key ${made.name}`} close={close}>
                <p>This is its text. It is shown only this once, and stored nowhere.</p>
                <Copyable text={made.key ?? ""} label="The new key"/>
            </Dialog>
        )
    }
    return (
        <Dialog
            title="A new key" action="Make the key" close={close} disabled={name.trim() === ""}
            submit={async () => {
                const {data} = await createKey({
                    name: name.trim(), role, ...(project === "" ? {} : {projectUid: project}), ...(expires === "" ? {} : {expires}),
                })
                done()
                setMade(data)
            }}
        >
            <label class="stacked">Name<input value={name} required spellcheck={false} autocomplete="off" onInput={(event) => setName(event.currentTarget.value)}/></label>
            <label class="stacked">
                Role
                <select value={role} onChange={(event) => setRole(event.currentTarget.value as Role)}>
                    <option value="reader">reader: sees everything in its project</option>
                    <option value="editor">editor: also creates and deletes snapshots</option>
                    <option value="admin">admin: also clusters and keys</option>
                </select>
            </label>
            <label class="stacked">
                Project
                <select value={project} onChange={(event) => setProject(event.currentTarget.value)}>
                    {(session.projectUid ?? "") === "" && <option value="">all projects</option>}
                    {projects.map((one) => <option key={one.uid} value={one.uid}>{one.name}</option>)}
                </select>
            </label>
            <label class="stacked">
                Expires
                <select value={expires} onChange={(event) => setExpires(event.currentTarget.value)}>
                    {["1d", "7d", "30d", "90d", "365d"].map((one) => <option key={one} value={one}>after {one.slice(0, -1)} {one === "1d" ? "day" : "days"}</option>)}
                    <option value="">never</option>
                </select>
            </label>
        </Dialog>
    )
}
